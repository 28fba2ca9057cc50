-- heartbeat.v1: an instance's sign of life, and how it learns that Redis has lost its data.
-- KEYS    1 sign of life of each instance (sorted set by ms)   2 generation (string)   3 instances that have put their holds back (set)
-- ARGV    1 instance   2 a new generation's name, if one is needed   3 gone after, ms   4 lifetime of the names, ms
--         5 the generation for which this instance has put its holds back; '' when it has not
-- RETURNS {generation, living instances, instances that have put their holds back}
-- The generation is a name that every instance remembers: after a flush it is another one.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local generation = redis.call('GET', KEYS[2])
if not generation then
    generation = ARGV[2]
    redis.call('DEL', KEYS[3])
end
redis.call('SET', KEYS[2], generation, 'PX', ARGV[4])
if ARGV[5] == generation then redis.call('SADD', KEYS[3], ARGV[1]) end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
return {generation, redis.call('ZCARD', KEYS[1]), redis.call('SCARD', KEYS[3])}
