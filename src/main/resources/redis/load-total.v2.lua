-- load-total.v2: the settled total of a budget's window, as read from the ledger. Begins with balance.v3.
-- KEYS    1 the balance
-- ARGV    1 packed: d lifetime (ms)  B tag  d start (s)  d length (s)  d total  d epoch  d as of (µs)  I4 mark of the generation  d version of what sets the budget
-- RETURNS 1
-- Holds that had lapsed by the time the total was asked for are dropped: if they were booked, the total has them.
local lifetime, tag, start, length, total, epoch, asof, generation, version = unpacked('>dBdddddI4d', ARGV[1])
local balance = read(redis.call('GET', KEYS[1]))
local window = windowOf(balance, tag, start, length) or newWindow(balance, tag, start, length)
dropLapsed(window, asof)
raise(window, epoch, total)
window.known = generation
window.version = max(window.version, version)
write(KEYS[1], balance, lifetime, 0)
return 1
