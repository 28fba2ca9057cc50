-- spool-find.v1: what is kept for a request.
-- KEYS    1 entries (stream)   2 stream id by request (hash)
-- ARGV    1 request
-- RETURNS the entry, or nil
local known = redis.call('HGET', KEYS[2], ARGV[1])
local entry = known and redis.call('XRANGE', KEYS[1], known, known)[1]
return entry and entry[2][2]
