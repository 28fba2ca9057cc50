package io.tenantry.access;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Model access groups under {@code /v1/unified_access_group}. */
@Path("/v1/unified_access_group")
@Tag(name = "Model access groups")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class UnifiedAccessGroupResource extends AccessGroupRoutes {}
