-- extend.v2: an open reservation's lease is renewed. Begins with balance.v2.
-- KEYS    1 the reservation, then B balances; all of one tenant root
-- ARGV    1 packed: d lease (µs)  d memory after the lease (ms)  d grid of lease ends (µs)  H B, then balances and charges as in restore.v2
-- RETURNS packed double: the new end of the lease (µs); 0 when the reservation has ended, lapsed or is forgotten: nothing changed
local lease, memory, grid, B, at = unpacked('>dddH', ARGV[1])
local values = redis.call('MGET', unpack(KEYS))
local record = values[1]
if not isOpen(record) then return pack('>d', 0) end
local before = unpacked('>d', record, 2)
if before <= now then return pack('>d', 0) end
local ends = ceil((now + lease) / grid) * grid
if ends <= before then return pack('>d', before) end
for i = 1, B do
    local balance = read(values[1 + i])
    local lifetime, count
    lifetime, count, at = unpacked('>dH', ARGV[1], at)
    for _ = 1, count do
        local tag, _, a, _, c, d
        tag, _, a, _, c, d, at = unpacked('>BBdddd', ARGV[1], at)
        local entry, amount
        if tag == SLOTS then
            entry, amount = balance.slots, 1
        elseif tag > SLOTS then
            entry, amount = windowOf(balance, tag, c, d), a
        end
        if entry and amount > 0 then
            free(entry, before, amount)
            hold(entry, ends, amount)
        end
    end
    write(KEYS[1 + i], balance, lifetime, 0)
end
redis.call('SET', KEYS[1], 'O' .. pack('>d', ends) .. string.sub(record, 10), 'PX', ceil((ends - now) / 1000) + memory)
return pack('>d', ends)
