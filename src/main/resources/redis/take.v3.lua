-- take.v3: what was used without a reservation is taken from its buckets, below zero if need be. Begins with balance.v3.
-- KEYS    B balances; all of one tenant root
-- ARGV    1 packed: H B, then the balances and their terms, as readTerms reads them, and the charges, as readCharges does; buckets only
-- RETURNS 1
local packed = ARGV[1]
local B, at = unpacked('>H', packed)
local values = redis.call('MGET', unpack(KEYS))
local balances, terms
balances, terms, at = readTerms(values, 0, B, packed, at)
for _, charge in ipairs(readCharges(terms, packed, at)) do
    local term = charge.term
    if term.b > 0 then correct(term.balance, term, charge.amount) end
end
writeChanged(balances, 0)
return 1
