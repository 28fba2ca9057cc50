-- raise-version.v1: an object changed; policies built from an older version are stale from now on.
-- KEYS    1   the version
-- ARGV    1   the new version, a whole number below 2^53
--         2   lifetime, seconds
-- RETURNS 1 when it was raised, 0 when a later one was there already: announcements may be repeated and overtake each other.
local known = tonumber(redis.call('GET', KEYS[1]) or '-1')
if known >= tonumber(ARGV[1]) then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
