-- reserve.v1: take every charge or none.
-- KEYS    1               the reservation
--         then V versions, R rate buckets, P slot sets, B spend strings, B hold sets; all of one tenant root
-- ARGV    1 reservation id   2 lease, µs   3 memory after the lease, ms   4 payload
--         5 V   6 R   7 P   8 B   9 lifetime of spend strings and hold sets, ms
--         then per version: the number the policy was built from
--         per bucket: tokens, capacity (tokens), window (ticks), tick (µs)
--         per slot set: slots
--         per budget: amount, cap (nano-dollars; -1 for none)
-- RETURNS {1, end of lease (µs), figures...}              taken
--         {2, reservation}                                taken before under this id
--         {0, position, wait, figures..., position, ...}  short: nothing changed; position counts charges from 1, wait in µs or -1
--         {-1}                                            a version is outdated or unknown: nothing changed
--         {-2, position...}                               these budgets' totals are unknown: nothing changed
--         figures: bucket: tokens left, µs until full.  slots: slots left, slots taken.  budget: settled, held
-- Time is the server's: our nodes' clocks may disagree.
-- Numbers are packed as doubles, which hold every whole number below 2^53: reading and writing text costs a third of the script.
-- A bucket is (missing, as of, window): what is missing from it in units of a token divided by the window's ticks, as of a µs.
-- A spend string is (settled, held, lapse, refresh): nano-dollars, a µs before which no hold's lease ends, a µs at which the lifetimes
-- of spend string and hold set are renewed.
local pack, unpacked = struct.pack, struct.unpack
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local V, R, P, B = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

local names = {KEYS[1]}
for i = 2, 1 + V + R do names[i] = KEYS[i] end
local spendAt = 1 + V + R + P
for i = 1, B do names[1 + V + R + i] = KEYS[spendAt + i] end
local values = redis.call('MGET', unpack(names))

if values[1] then return {2, values[1]} end
local arg = 9
for i = 1, V do
    if values[1 + i] ~= ARGV[arg + i] then return {-1} end
end
arg = arg + V

-- Holds whose lease ended count no more. Since nobody settled them, their use may have been booked unseen (an instance died between
-- the commit and here), so the window's total is read from the ledger again before anything more is admitted.
local missing
local settled, held, lapse, refresh = {}, {}, {}, {}
for i = 1, B do
    local value = values[1 + V + R + i]
    if value then
        settled[i], held[i], lapse[i], refresh[i] = unpacked('<dddd', value)
        if held[i] > 0 and lapse[i] <= now then
            if redis.call('ZREMRANGEBYSCORE', KEYS[spendAt + B + i], '-inf', now) > 0 then
                redis.call('DEL', KEYS[spendAt + i])
                value = nil
            else
                local first = redis.call('ZRANGE', KEYS[spendAt + B + i], 0, 0, 'WITHSCORES')
                if first[2] then lapse[i] = tonumber(first[2]) else held[i] = 0 end
            end
        end
    end
    if not value then
        missing = missing or {-2}
        missing[#missing + 1] = R + P + i
    end
end
if missing then return missing end

local short
local function refuse(position, wait, a, b)
    short = short or {0}
    local n = #short
    short[n + 1], short[n + 2], short[n + 3], short[n + 4] = position, wait, a, b
end

local rates = {}
for i = 1, R do
    local tokens, capacity = tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
    local window, tick = tonumber(ARGV[arg + 3]), tonumber(ARGV[arg + 4])
    arg = arg + 4
    local gone, asof = 0, now
    local value = values[1 + V + i]
    if value then
        local w
        gone, asof, w = unpacked('<ddd', value)
        if w ~= window then gone = math.ceil(gone / w * window) end
        local ticks = math.floor(math.max(0, now - asof) / tick)
        gone = math.max(0, gone - ticks * capacity)
        asof = asof + ticks * tick
    end
    local after = gone + tokens * window
    local full = capacity * window
    if after > full then
        local wait = -1
        if tokens <= capacity and capacity > 0 then
            wait = math.max(0, asof + math.ceil((after - full) / capacity) * tick - now)
        end
        local reset = 0
        if capacity > 0 then reset = math.max(0, asof + math.ceil(gone / capacity) * tick - now) end
        refuse(i, wait, math.floor((full - gone) / window), reset)
    else
        rates[i] = {after, asof, window, capacity, tick, full}
    end
end

local slots = {}
for i = 1, P do
    local most = tonumber(ARGV[arg + 1])
    arg = arg + 1
    local set = KEYS[1 + V + R + i]
    redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
    local taken = redis.call('ZCARD', set)
    if taken >= most then
        local wait = -1
        if most > 0 then
            local first = redis.call('ZRANGE', set, taken - most, taken - most, 'WITHSCORES')
            wait = tonumber(first[2]) - now
        end
        refuse(R + i, wait, most - taken, taken)
    end
    slots[i] = {most, taken}
end

for i = 1, B do
    local amount, cap = tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
    arg = arg + 2
    if cap >= 0 and settled[i] + held[i] + amount > cap then
        refuse(R + P + i, -1, settled[i], held[i])
    else
        held[i] = {held[i] + amount, amount}
    end
end
if short then return short end

local lease = tonumber(ARGV[2])
local ends = now + lease
local endsText = string.format('%.0f', ends)
local figures = {}
local function figure(a, b)
    local n = #figures
    figures[n + 1], figures[n + 2] = a, b
end
for i = 1, R do
    local r = rates[i]
    if r[4] > 0 then
        local reset = math.max(0, r[2] + math.ceil(r[1] / r[4]) * r[5] - now)
        if r[1] > 0 then
            redis.call('SET', KEYS[1 + V + i], pack('<ddd', r[1], r[2], r[3]), 'PX', math.ceil(reset / 1000) + 1000)
        end
        figure(math.floor((r[6] - r[1]) / r[3]), reset)
    else
        figure(0, 0)
    end
end
for i = 1, P do
    local set = KEYS[1 + V + R + i]
    redis.call('ZADD', set, endsText, ARGV[1])
    redis.call('PEXPIRE', set, ARGV[9])
    figure(slots[i][1] - slots[i][2] - 1, slots[i][2] + 1)
end
for i = 1, B do
    local total, amount = held[i][1], held[i][2]
    local renew = refresh[i] <= now
    if amount > 0 then
        redis.call('ZADD', KEYS[spendAt + B + i], endsText, ARGV[1] .. '|' .. string.format('%.0f', amount))
        if renew or total == amount then redis.call('PEXPIRE', KEYS[spendAt + B + i], ARGV[9]) end
        if total == amount or ends < lapse[i] then lapse[i] = ends end
    end
    if renew then
        redis.call('SET', KEYS[spendAt + i], pack('<dddd', settled[i], total, lapse[i], now + ARGV[9] * 500), 'PX', ARGV[9])
    else
        redis.call('SET', KEYS[spendAt + i], pack('<dddd', settled[i], total, lapse[i], refresh[i]), 'KEEPTTL')
    end
    figure(settled[i], total)
end
local figuresText = string.format(string.rep('%.0f,', #figures), unpack(figures))
redis.call('SET', KEYS[1], 'O;' .. endsText .. ';' .. figuresText .. ';' .. ARGV[4], 'PX', math.ceil(lease / 1000) + ARGV[3])
local answer = {1, ends}
for i = 1, #figures do answer[2 + i] = figures[i] end
return answer
