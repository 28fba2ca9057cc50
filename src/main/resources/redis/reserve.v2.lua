-- reserve.v2: take every charge or none; or only look. Begins with balance.v2.
-- KEYS    1 the reservation, then V versions, B balances; all of one tenant root
-- ARGV    1 payload
--         2 packed: d lease (µs)  d memory after the lease (ms)  d grid of lease ends (µs)  B mode (0 take, 1 look)  B V  B B
--           V times d: the versions that the policy was built from
--           per balance: d lifetime (ms)  B charges, per charge: B tag  B shadow  d d d d
--             bucket: tokens, capacity (tokens), window (ticks), tick (µs)
--             slots:  slots, 0, 0, 0
--             window: amount, cap (-1 for none), start (s), length (s)
-- RETURNS packed doubles:
--         1, end of lease (µs), then first, second, wait per charge    taken
--         2, then the reservation as text                              taken before under this id and not released
--         0, 0, then first, second, wait per charge                    a limit is short: nothing changed
--         3, 0, then first, second, wait per charge                    looked: nothing changed
--         -1                                                           a version is outdated or unknown: nothing changed
--         -2, now (µs), position...                                    these windows' totals are to be read from the ledger first
--         bucket: tokens left, µs until full.  slots: slots left, slots taken.  window: settled, held
--         wait: 0 when it fits, µs until it would, -1 when waiting does not help. A shadow charge is counted and never refused.
local lease, memory, grid, look, V, B, at = unpacked('>dddBBB', ARGV[2])
local values = redis.call('MGET', unpack(KEYS))
-- what was released was never used: the same request may come back
if values[1] and look == 0 and byte(values[1]) ~= 82 then return pack('>d', 2) .. values[1] end
for i = 1, V do
    local version
    version, at = unpacked('>d', ARGV[2], at)
    if tonumber(values[1 + i]) ~= version then return pack('>d', -1) end
end

local balances, charges, missing, short = {}, {}, nil, false
for i = 1, B do
    local balance = read(values[1 + V + i])
    local count
    balance.lifetime, count, at = unpacked('>dB', ARGV[2], at)
    balance.needed = 0
    balances[i] = balance
    for _ = 1, count do
        local tag, shadow, a, b, c, d
        tag, shadow, a, b, c, d, at = unpacked('>BBdddd', ARGV[2], at)
        local entry, wait, used = nil, 0, 0
        if tag < SLOTS then
            entry = refilled(balance, tag, b, c, d)
            local over = entry[1] + a * c - b * c
            if over > 0 then
                wait = NEVER
                if a <= b and b > 0 then wait = max(1, earned(entry, over, b, d)) end
            end
        elseif tag == SLOTS then
            entry = slotsOf(balance)
            dropLapsed(entry, now)
            used = held(entry)
            if used >= a then
                wait = NEVER
                local excess = used - a
                for n = 1, #entry.ends do
                    excess = excess - entry.amounts[n]
                    if a > 0 and excess < 0 then
                        wait = max(1, entry.ends[n] - now)
                        break
                    end
                end
            end
        else
            entry = windowOf(balance, tag, c, d)
            local lapsed
            if entry then used, lapsed = held(entry) end
            if not entry or entry.known == 0 or lapsed then
                missing = missing or {}
                missing[#missing + 1] = #charges + 1
            elseif b >= 0 and entry.settled + used + a > b then
                wait = NEVER
            end
        end
        if wait ~= 0 and shadow == 0 then short = true end
        charges[#charges + 1] = {tag, balance, entry, wait, used, a, b, c, d}
    end
end
if missing then return pack('>dd', -2, now) .. pack('>' .. string.rep('d', #missing), unpack(missing)) end

local taken = not short and look == 0
local ends = ceil((now + lease) / grid) * grid
local figures = {}
for i = 1, #charges do
    local tag, balance, entry, wait, used, a, b, c, d = unpack(charges[i])
    local first, second
    if tag < SLOTS then
        if taken then
            -- in shadow mode a bucket is emptied and not overdrawn: switching to enforcement must not start with a debt
            if wait == 0 then entry[1] = entry[1] + a * c else entry[1] = max(entry[1], b * c) end
        end
        first, second = floor((b * c - entry[1]) / c), earned(entry, entry[1], b, d)
        balance.needed = max(balance.needed, second)
    elseif tag == SLOTS then
        if taken then
            hold(entry, ends, 1)
            used = used + 1
        end
        first, second = a - used, used
    else
        if taken and a > 0 then
            hold(entry, ends, a)
            used = used + a
        end
        first, second = entry.settled, used
    end
    figures[3 * i - 2], figures[3 * i - 1], figures[3 * i] = first, second, wait
end
local answer = pack('>' .. string.rep('d', #figures), unpack(figures))
if look == 1 then return pack('>dd', 3, 0) .. answer end
if short then return pack('>dd', 0, 0) .. answer end

for i = 1, B do write(KEYS[1 + V + i], balances[i], balances[i].lifetime, balances[i].needed) end
redis.call('SET', KEYS[1], pack('>BdB', 79, ends, #figures) .. answer .. ARGV[1], 'PX', ceil((ends - now) / 1000) + memory)
return pack('>dd', 1, ends) .. answer
