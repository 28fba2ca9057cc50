-- restore.v2: an instance puts an open reservation of its own back after Redis has lost its data. Begins with balance.v2.
-- KEYS    1 the reservation, then B balances; all of one tenant root
-- ARGV    1 payload
--         2 packed: d end of lease (µs)  d memory after the lease (ms)  H B
--           per balance: d lifetime (ms)  H charges, per charge: B tag  B shadow  d d d d
--             bucket: tokens, capacity (tokens), window (ticks), tick (µs)
--             slots:  slots, 0, 0, 0
--             window: amount, cap (-1 for none), start (s), length (s)
-- RETURNS 1 when it was put back, 0 when it is there or its lease has ended
-- Buckets are not restored: an emptied Redis knows nothing of what was used before, and a minute later it makes no difference.
local ends, memory, B, at = unpacked('>ddH', ARGV[2])
local values = redis.call('MGET', unpack(KEYS))
if values[1] or ends <= now then return 0 end
for i = 1, B do
    local balance = read(values[1 + i])
    local lifetime, count
    lifetime, count, at = unpacked('>dH', ARGV[2], at)
    for _ = 1, count do
        local tag, _, a, _, c, d
        tag, _, a, _, c, d, at = unpacked('>BBdddd', ARGV[2], at)
        if tag == SLOTS then
            hold(slotsOf(balance), ends, 1)
        elseif tag > SLOTS and a > 0 then
            hold(windowOf(balance, tag, c, d) or newWindow(balance, tag, c, d), ends, a)
        end
    end
    write(KEYS[1 + i], balance, lifetime, 0)
end
redis.call('SET', KEYS[1], pack('>BdH', 79, ends, 0) .. ARGV[1], 'PX', ceil((ends - now) / 1000) + memory)
return 1
