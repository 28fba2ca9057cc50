-- heartbeat.v2: an instance's sign of life, and how it learns that this Redis server has lost data.
-- KEYS    1 sign of life of each instance (sorted set by ms)   2 generation (string)   3 instances that have put their holds back (set)
--         4 evictions: how many names, and when it last rose, ms (string)
-- ARGV    1 instance   2 a new generation's name, if one is needed   3 gone after, ms   4 lifetime of the other names, ms
--         5 the generation for which this instance has put its holds back; '' when it has not   6 lifetime of the generation, ms
-- RETURNS {generation, living instances, instances that have put their holds back, evicted names, ms since the last eviction or -1}
-- The generation is a name that every instance remembers. It is another one after a flush, and in another process: a restarted server or a
-- promoted replica may have missed the last writes. Its last word says which process.
-- To heartbeat.v1 it is an opaque name all the same.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function info(section, field)
    local answer = redis.pcall('INFO', section) -- may be forbidden: then only a flush is noticed
    return type(answer) == 'string' and string.match(answer, field .. ':(%w+)') or nil
end
local process = '@' .. (info('server', 'run_id') or '-')
local generation = redis.call('GET', KEYS[2])
if not generation or string.sub(generation, -#process) ~= process then
    generation = ARGV[2] .. process
    redis.call('DEL', KEYS[3])
end
redis.call('SET', KEYS[2], generation, 'PX', ARGV[6])
if ARGV[5] == generation then redis.call('SADD', KEYS[3], ARGV[1]) end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
local evicted, ago = tonumber(info('stats', 'evicted_keys') or 0), -1
if evicted > 0 then
    local before, at = string.match(redis.call('GET', KEYS[4]) or '', '(%d+) (%d+)')
    if tonumber(before) ~= evicted then
        at = now
        redis.call('SET', KEYS[4], string.format('%.0f %.0f', evicted, now), 'PX', 86400000)
    end
    ago = now - at
end
return {generation, redis.call('ZCARD', KEYS[1]), redis.call('SCARD', KEYS[3]), evicted, ago}
