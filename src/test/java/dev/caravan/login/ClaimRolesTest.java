package dev.caravan.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.access.Role;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimRolesTest {
    private static final ClaimRoles ROLES = new ClaimRoles("preferred_username", "groups",
            Map.of(Role.VIEW, Set.of("staff"), Role.OPERATE, Set.of("ops", "platform"), Role.ADMIN, Set.of("root")));

    @Test
    void theHighestRoleHolds() {
        assertThat(ROLES.role(Map.of("groups", List.of("staff", "platform", 7)))).contains(Role.OPERATE);
        assertThat(ROLES.role(Map.of("groups", "root"))).contains(Role.ADMIN);
        assertThat(ROLES.role(Map.of("groups", List.of("Staff", "root ops")))).isEmpty();
        assertThat(ROLES.role(Map.of())).isEmpty();
    }

    @Test
    void anybodyIsAlsoWhoHasNoGroups() {
        ClaimRoles roles = new ClaimRoles("name", "groups", Map.of(Role.VIEW, ClaimRoles.values(" * "), Role.ADMIN, Set.of("root")));
        assertThat(roles.role(Map.of())).contains(Role.VIEW);
        assertThat(roles.role(Map.of("groups", List.of("root")))).contains(Role.ADMIN);
        assertThat(ROLES.role(Map.of("groups", List.of("*")))).as("only a setting says so").isEmpty();
    }

    @Test
    void dotsLeadIntoObjectsUnlessTheyAreOfTheName() {
        ClaimRoles roles = new ClaimRoles("name", "realm_access.roles", Map.of(Role.ADMIN, Set.of("root")));
        assertThat(roles.role(Map.of("realm_access", Map.of("roles", List.of("root"))))).contains(Role.ADMIN);
        assertThat(roles.role(Map.of("realm_access.roles", List.of("root")))).contains(Role.ADMIN);
        assertThat(roles.role(Map.of("realm_access", "root"))).isEmpty();
    }

    @Test
    void valuesHaveCommasBetweenThem() {
        assertThat(ClaimRoles.values(" ops, the platform team,,")).containsExactlyInAnyOrder("ops", "the platform team");
    }

    @Test
    void aNameIsShownAsItIs() {
        assertThat(ROLES.name(Map.of("preferred_username", " Änne O'Neil <a@example.com> "))).contains("Änne O'Neil <a@example.com>");
        assertThat(ROLES.name(Map.of("preferred_username", 7))).isEmpty();
        assertThat(ROLES.name(Map.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "a\nb", "a\u0000b", "a\u202eb", "a\u2028b"})
    void whatIsNoNameIsRefused(String name) {
        assertThat(ROLES.name(Map.of("preferred_username", name))).isEmpty();
        assertThat(ROLES.name(Map.of("preferred_username", "x".repeat(129)))).isEmpty();
    }
}
