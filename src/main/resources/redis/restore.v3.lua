-- restore.v3: an instance puts an open reservation of its own back after Redis has lost its data. Begins with balance.v2.
-- KEYS    1 the reservation, then B balances; all of one tenant root
-- ARGV    1 payload
--         2 packed: d end of lease (µs)  d memory after the lease (ms)  H B
--           the balances and their terms, as readTerms reads them, and the charges, as readCharges does
-- RETURNS 1 when it was put back, 0 when it is there or its lease has ended
-- Buckets are not restored: an emptied Redis knows nothing of what was used before, and a minute later it makes no difference.
local packed = ARGV[2]
local ends, memory, B, at = unpacked('>ddH', packed)
local values = redis.call('MGET', unpack(KEYS))
if values[1] or ends <= now then return 0 end
local balances, terms
balances, terms, at = readTerms(values, 1, B, packed, at)
for _, charge in ipairs(readCharges(terms, packed, at)) do
    local term, a = charge.term, charge.amount
    local balance, tag = term.balance, term.tag
    if tag == SLOTS then
        hold(slotsOf(balance), ends, 1)
        balance.changed = true
    elseif tag > SLOTS and a > 0 then
        hold(windowOf(balance, tag, term.c, term.d) or newWindow(balance, tag, term.c, term.d), ends, a)
        balance.changed = true
    end
end
writeChanged(balances, 1)
redis.call('SET', KEYS[1], pack('>BdH', 79, ends, 0) .. ARGV[1], 'PX', ceil((ends - now) / 1000) + memory)
return 1
