-- spool-remove.v1: entries that are booked, or that can never be.
-- KEYS    1 entries (stream)   2 stream id by request (hash)   3 entries that cannot be booked (stream)
-- ARGV    1 '1' to keep them aside, '0' not   then per entry: id, request
-- RETURNS how many are left
for i = 2, #ARGV, 2 do
    if ARGV[1] == '1' then
        local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
        if entry then redis.call('XADD', KEYS[3], 'MAXLEN', '~', 10000, '*', 'e', entry[2][2]) end
    end
    redis.call('XDEL', KEYS[1], ARGV[i])
    if redis.call('HGET', KEYS[2], ARGV[i + 1]) == ARGV[i] then redis.call('HDEL', KEYS[2], ARGV[i + 1]) end
end
local left = redis.call('XLEN', KEYS[1])
if left == 0 then redis.call('DEL', KEYS[1], KEYS[2]) end
return left
