-- finish.v2: a reservation ends: settled or released. Begins with balance.v2.
-- KEYS    1 the reservation, then B balances; all of one tenant root
-- ARGV    1 'S' settled or 'R' released
--         2 packed: B B, per balance: d lifetime (ms)  B charges, per charge: B tag  d d d d d
--             bucket: tokens to take in addition (negative: to give back), capacity (tokens), window (ticks), tick (µs), 0
--             slots:  0, 0, 0, 0, 0
--             window: amount held, settled total (-2^53 when unknown), start (s), length (s), the total's epoch
-- RETURNS 1 when the reservation was open, 0 when it had ended before or is forgotten: then only totals are raised
local B, at = unpacked('>B', ARGV[2])
local values = redis.call('MGET', unpack(KEYS))
local open, ends = isOpen(values[1]), nil
if open then ends = unpacked('>d', values[1], 2) end
for i = 1, B do
    local balance = read(values[1 + i])
    local lifetime, count
    lifetime, count, at = unpacked('>dB', ARGV[2], at)
    local changed, needed = false, 0
    for _ = 1, count do
        local tag, a, b, c, d, e
        tag, a, b, c, d, e, at = unpacked('>Bddddd', ARGV[2], at)
        if tag < SLOTS then
            if open and a ~= 0 and b > 0 then
                local rate = refilled(balance, tag, b, c, d)
                rate[1] = max(0, rate[1] + a * c)
                needed = max(needed, earned(rate, rate[1], b, d))
                changed = true
            end
        elseif tag == SLOTS then
            if open and balance.slots then
                free(balance.slots, ends, 1)
                changed = true
            end
        else
            -- A total is kept also where the window is unknown: somebody may be about to load an older one.
            local window = windowOf(balance, tag, c, d)
            if not window and b ~= NOTHING then window = newWindow(balance, tag, c, d) end
            if window then
                if open and a > 0 then free(window, ends, a) end
                if b ~= NOTHING then raise(window, e, b) end
                changed = true
            end
        end
    end
    if changed then write(KEYS[1 + i], balance, lifetime, needed) end
end
if not open then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. string.sub(values[1], 2), 'KEEPTTL')
return 1
