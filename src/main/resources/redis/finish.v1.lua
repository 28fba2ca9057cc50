-- finish.v1: a reservation ends: settled or released.
-- KEYS    1               the reservation
--         then R rate buckets, P slot sets, B spend strings, B hold sets; all of one tenant root
-- ARGV    1 reservation id   2 'S' settled or 'R' released   3 R   4 P   5 B   6 lifetime of spend strings, ms
--         per bucket: tokens to take in addition (negative: to give back), capacity (tokens), window (ticks), tick (µs)
--         per budget: amount held, settled total of the window (nano-dollars; -1 when unknown)
-- RETURNS 1 when the reservation was open, 0 when it had ended before or is forgotten: then only totals are raised
-- The packed strings are described in reserve.v1. A settled total is an absolute figure from the ledger and is only ever raised, so calls may be repeated and overtake each other.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local R, P, B = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local record = redis.call('GET', KEYS[1])
local open = record and string.sub(record, 1, 1) == 'O'
local arg = 6

for i = 1, R do
    local tokens, capacity = tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
    local window, tick = tonumber(ARGV[arg + 3]), tonumber(ARGV[arg + 4])
    arg = arg + 4
    if open and tokens ~= 0 and capacity > 0 then
        local gone, asof = 0, now
        local value = redis.call('GET', KEYS[1 + i])
        if value then
            local w
            gone, asof, w = struct.unpack('<ddd', value)
            if w ~= window then gone = math.ceil(gone / w * window) end
            local ticks = math.floor(math.max(0, now - asof) / tick)
            gone = math.max(0, gone - ticks * capacity)
            asof = asof + ticks * tick
        end
        gone = math.max(0, gone + tokens * window)
        if gone > 0 then
            local reset = math.max(0, asof + math.ceil(gone / capacity) * tick - now)
            redis.call('SET', KEYS[1 + i], struct.pack('<ddd', gone, asof, window), 'PX', math.ceil(reset / 1000) + 1000)
        elseif value then
            redis.call('DEL', KEYS[1 + i])
        end
    end
end

for i = 1, P do
    redis.call('ZREM', KEYS[1 + R + i], ARGV[1])
end

for i = 1, B do
    local amount, total = ARGV[arg + 1], tonumber(ARGV[arg + 2])
    arg = arg + 2
    local spend, holds = KEYS[1 + R + P + i], KEYS[1 + R + P + B + i]
    local freed = 0
    if redis.call('ZREM', holds, ARGV[1] .. '|' .. amount) == 1 then freed = tonumber(amount) end
    local value = redis.call('GET', spend)
    if value then
        local settled, held, lapse, refresh = struct.unpack('<dddd', value)
        redis.call('SET', spend, struct.pack('<dddd', math.max(settled, total), math.max(0, held - freed), lapse, refresh), 'KEEPTTL')
    elseif total >= 0 then
        -- Written even so: somebody may be about to load an older total.
        local held, lapse = 0, 0
        local open = redis.call('ZRANGE', holds, 0, -1, 'WITHSCORES')
        for n = 1, #open, 2 do
            held = held + tonumber(string.match(open[n], '|(%d+)$'))
            if lapse == 0 then lapse = tonumber(open[n + 1]) end
        end
        if #open > 0 then redis.call('PEXPIRE', holds, ARGV[6]) end
        redis.call('SET', spend, struct.pack('<dddd', total, held, lapse, now + ARGV[6] * 500), 'PX', ARGV[6])
    end
end

if open then
    redis.call('SET', KEYS[1], ARGV[2] .. string.sub(record, 2), 'KEEPTTL')
    return 1
end
return 0
