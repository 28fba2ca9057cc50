-- restore.v3: an instance puts an open reservation of its own back after Redis has lost its data. Begins with balance.v3.
-- KEYS    1 the reservation, then B balances; all of one tenant root
-- ARGV    1 payload
--         2 packed: d end of lease (µs)  d memory after the lease (ms)  H B
--           the balances and their terms, as readTerms reads them, and the charges, as readCharges does
-- RETURNS 1 when it was put back, 0 when it is there for as long, has ended, or its lease has
-- Where it is open and its lease ends earlier it is renewed: by another instance, which knows of no renewal, or this server has missed that one.
-- Buckets are not restored: an emptied Redis knows nothing of what was used before, and a minute later it makes no difference.
local packed = ARGV[2]
local ends, memory, B, at = unpacked('>ddH', packed)
local values = redis.call('MGET', unpack(KEYS))
local record, before = values[1], nil
if ends <= now or record and not isOpen(record) then return 0 end
if record then
    before = unpacked('>d', record, 2)
    if before >= ends then return 0 end
end
local balances, terms
balances, terms, at = readTerms(values, 1, B, packed, at)
for _, charge in ipairs(readCharges(terms, packed, at)) do
    local term, a = charge.term, charge.amount
    local balance, tag, entry = term.balance, term.tag, nil
    if tag == SLOTS then
        entry, a = slotsOf(balance), 1
    elseif tag > SLOTS and a > 0 then
        entry = windowOf(balance, tag, term.c, term.d) or newWindow(balance, tag, term.c, term.d)
    end
    if entry then
        if before then free(entry, before, a) end
        hold(entry, ends, a)
        balance.changed = true
    end
end
writeChanged(balances, 1)
local rest = record and string.sub(record, 10) or pack('>H', 0) .. ARGV[1]
redis.call('SET', KEYS[1], pack('>Bd', 79, ends) .. rest, 'PX', ceil((ends - now) / 1000) + memory)
return 1
