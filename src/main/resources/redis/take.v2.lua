-- take.v2: what was used without a reservation is taken from its buckets, below zero if need be. Begins with balance.v2.
-- KEYS    B balances; all of one tenant root
-- ARGV    1 packed: H B, then per balance as in restore.v2; buckets only
-- RETURNS 1
local B, at = unpacked('>H', ARGV[1])
local values = redis.call('MGET', unpack(KEYS))
for i = 1, B do
    local balance = read(values[i])
    local lifetime, count, needed
    lifetime, count, at = unpacked('>dH', ARGV[1], at)
    needed = 0
    for _ = 1, count do
        local tag, shadow, a, b, c, d
        tag, shadow, a, b, c, d, at = unpacked('>BBdddd', ARGV[1], at)
        if b > 0 then
            local rate = refilled(balance, tag, b, c, d)
            local after = rate[1] + a * c
            -- in shadow mode a bucket is emptied and not overdrawn, as in reserve.v3
            if shadow == 1 then after = max(rate[1], math.min(after, b * c)) end
            rate[1] = after
            needed = max(needed, earned(rate, after, b, d))
        end
    end
    write(KEYS[i], balance, lifetime, needed)
end
return 1
