package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.access.WantedObjects;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The objects that a request wants to use, as far as the proxy knows before the model is called. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record WantedObjectsRequest(
        @Size(max = WantedObjectsRequest.MOST) List<@NotBlank @Size(max = 255) String> vectorStores,
        @Size(max = WantedObjectsRequest.MOST) List<@NotBlank @Size(max = 255) String> agents,
        @Size(max = WantedObjectsRequest.MOST) List<@NotBlank @Size(max = 255) String> mcpServers,
        @Size(max = WantedObjectsRequest.MOST) List<@NotBlank @Size(max = 255) String> searchTools,
        @Size(max = WantedObjectsRequest.MOST) List<@NotBlank @Size(max = 255) String> skills,

        @Schema(description = "Tools by the MCP server that has them") @Size(max = WantedObjectsRequest.MOST)
        Map<String, @NotNull @Size(max = WantedObjectsRequest.MOST) List<@NotBlank @Size(max = 255) String>> mcpTools) {

    /** Each is looked for in the lists of every level. */
    static final int MOST = 100;

    static final WantedObjectsRequest NONE = new WantedObjectsRequest(null, null, null, null, null, null);

    WantedObjects wanted() {
        return this == NONE
                ? WantedObjects.NONE
                : new WantedObjects(
                        orNone(vectorStores),
                        orNone(agents),
                        orNone(mcpServers),
                        orNone(searchTools),
                        orNone(skills),
                        mcpTools == null ? Map.of() : mcpTools);
    }

    private static List<String> orNone(List<String> named) {
        return named == null ? List.of() : named;
    }
}
