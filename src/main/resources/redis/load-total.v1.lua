-- load-total.v1: the settled total of a budget's window, read from the ledger.
-- KEYS    1 spend string   2 hold set
-- ARGV    1 settled total, nano-dollars   2 lifetime, ms
-- RETURNS 1
-- Never lowers a total. The packed string is described in reserve.v1.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local held, lapse = 0, 0
local open = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for n = 1, #open, 2 do
    held = held + tonumber(string.match(open[n], '|(%d+)$'))
    if lapse == 0 then lapse = tonumber(open[n + 1]) end
end
local settled = tonumber(ARGV[1])
local value = redis.call('GET', KEYS[1])
if value then settled = math.max(settled, (struct.unpack('<d', value))) end
if #open > 0 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
redis.call('SET', KEYS[1], struct.pack('<dddd', settled, held, lapse, now + ARGV[2] * 500), 'PX', ARGV[2])
return 1
