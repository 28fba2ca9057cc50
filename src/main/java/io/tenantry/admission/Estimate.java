package io.tenantry.admission;

import io.tenantry.core.NanoUsd;

/** What a request may use: taken before the call, replaced by the actual use afterwards. */
record Estimate(long tokens, NanoUsd cost) {}
