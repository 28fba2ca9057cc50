-- extend.v3: an open reservation's lease is renewed. Begins with balance.v3.
-- KEYS    1 the reservation, then B balances; all of one tenant root
-- ARGV    1 packed: d lease (µs)  d memory after the lease (ms)  d grid of lease ends (µs)  H B
--           the balances and their terms, as readTerms reads them, and the charges, as readCharges does
-- RETURNS packed double: the new end of the lease (µs); 0 when the reservation has ended, lapsed or is forgotten: nothing changed
local packed = ARGV[1]
local lease, memory, grid, B, at = unpacked('>dddH', packed)
local values = redis.call('MGET', unpack(KEYS))
local record = values[1]
if not isOpen(record) then return pack('>d', 0) end
local before = unpacked('>d', record, 2)
if before <= now then return pack('>d', 0) end
local ends = ceil((now + lease) / grid) * grid
if ends <= before then return pack('>d', before) end
local balances, terms
balances, terms, at = readTerms(values, 1, B, packed, at)
for _, charge in ipairs(readCharges(terms, packed, at)) do
    local term, entry, amount = charge.term, nil, charge.amount
    if term.tag == SLOTS then
        entry, amount = term.balance.slots, 1
    elseif term.tag > SLOTS then
        entry = windowOf(term.balance, term.tag, term.c, term.d)
    end
    if entry and amount > 0 then
        free(entry, before, amount)
        hold(entry, ends, amount)
        term.balance.changed = true
    end
end
writeChanged(balances, 1)
redis.call('SET', KEYS[1], 'O' .. pack('>d', ends) .. string.sub(record, 10), 'PX', ceil((ends - now) / 1000) + memory)
return pack('>d', ends)
