package io.tenantry.tour;

import io.tenantry.client.ApiClient;
import io.tenantry.client.ApiException;
import io.tenantry.client.api.AdmissionApi;
import io.tenantry.client.api.CustomersApi;
import io.tenantry.client.api.KeysApi;
import io.tenantry.client.api.OrganizationsApi;
import io.tenantry.client.api.TeamsApi;
import io.tenantry.client.model.AdmissionRequest;
import io.tenantry.client.model.IssueKeyRequest;
import io.tenantry.client.model.NewCustomerRequest;
import io.tenantry.client.model.NewOrganizationRequest;
import io.tenantry.client.model.NewTeamRequest;
import io.tenantry.client.model.ObjectPermissionRequest;
import io.tenantry.client.model.SettlementRequest;
import io.tenantry.client.model.UpdateTeamRequest;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** What somebody writes who uses the generated client: an organization, a team, a key, an admission. Compiled and run by GeneratedClientIT. */
public final class Tour {

    private final ApiClient client = new ApiClient();

    private Tour(String address, String masterKey) {
        client.updateBaseUri(address);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + masterKey));
    }

    public static void main(String[] args) throws Exception {
        var tour = new Tour(args[0], args[1]);
        var organization = tour.organization();
        var team = tour.team(organization);
        tour.clearOneLimit(team);
        tour.admit(tour.key(team), tour.customer());
        tour.meetWhatIsNotThere();
    }

    private String organization() throws ApiException {
        var request = new NewOrganizationRequest().organizationAlias("Tour").maxBudget(BigDecimal.TEN);
        var made = new OrganizationsApi(client).postOrganizationNew(request, null);
        check(made.getLitellmBudgetTable().getMaxBudget().compareTo(BigDecimal.TEN) == 0, "the budget is the organization's");
        return made.getOrganizationId();
    }

    private String team(String organization) throws ApiException {
        var teams = new TeamsApi(client);
        var request = new NewTeamRequest()
                .organizationId(organization)
                .teamAlias("search")
                .maxBudget(BigDecimal.ONE)
                .tpmLimit(1_000L);
        var once = UUID.randomUUID().toString();
        var first = teams.postTeamNew(request, once);
        var again = teams.postTeamNew(request, once);
        check(Objects.equals(first.getTeamId(), again.getTeamId()), "a repetition makes no second team");
        return first.getTeamId();
    }

    /** Null is sent and clears; what is not set is not sent and stays. */
    private void clearOneLimit(String team) throws ApiException {
        var teams = new TeamsApi(client);
        teams.postTeamUpdate(new UpdateTeamRequest().teamId(team).maxBudget(null), null);
        var info = teams.getTeamInfo(team, null, null).getTeamInfo();
        check(info.getMaxBudget() == null, "the budget is cleared");
        check(Objects.equals(info.getTpmLimit(), 1_000L), "the rate stays");
    }

    private String customer() throws ApiException {
        var permission = new ObjectPermissionRequest().vectorStores(List.of("handbook"));
        var request = new NewCustomerRequest()
                .userId("tour " + UUID.randomUUID())
                .objectPermission(permission);
        return new CustomersApi(client).postCustomerNew(request, null).getUserId();
    }

    private String key(String team) throws ApiException {
        var issued = new KeysApi(client).postKeyGenerate(new IssueKeyRequest().teamId(team), null);
        check(Objects.equals(issued.getTeamId(), team), "the key is the team's");
        return issued.getKey();
    }

    private void admit(String key, String customer) throws ApiException {
        var admissions = new AdmissionApi(client);
        var admitted = admissions.admit(new AdmissionRequest()
                .apiKey(key)
                .model("gpt-4o")
                .inputTokens(10L)
                .maxOutputTokens(10L)
                .endUser(customer));
        check(admitted.getAdmitted(), "the request is admitted");
        check(admitted.getObjectPermission().containsKey("vector_stores"), "the customer's permission comes along");
        var settled = admissions.settle(
                admitted.getAdmissionId(), new SettlementRequest().inputTokens(10L).outputTokens(5L));
        check(settled.getSettled(), "the use is booked");
        check(Objects.equals(settled.getTotalTokens(), 15L), "with its tokens");
    }

    private void meetWhatIsNotThere() {
        try {
            new TeamsApi(client).getTeamInfo("no-such-team", null, null);
        } catch (ApiException refused) {
            check(refused.getCode() == 404, "what is not there is 404");
            return;
        }
        throw new IllegalStateException("what is not there is refused");
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("not so: " + what);
        }
    }
}
