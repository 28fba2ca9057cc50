package io.tenantry.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.util.List;

@AnalyzeClasses(packages = "io.tenantry", importOptions = ImportOption.DoNotIncludeTests.class)
class PackageOrderTest {

    /** Top first, as in docs/architecture.md. */
    private static final List<String> ORDER = List.of(
            "core",
            "platform",
            "identity",
            "idempotency",
            "audit",
            "tenancy",
            "access",
            "limits",
            "keys",
            "admission",
            "usage",
            "alerts",
            "integrations");

    @ArchTest
    static void each_package_uses_only_those_above_it(JavaClasses classes) {
        for (int i = 0; i < ORDER.size() - 1; i++) {
            var below = ORDER.subList(i + 1, ORDER.size()).stream()
                    .map(name -> "io.tenantry." + name + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage("io.tenantry." + ORDER.get(i) + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(below)
                    .allowEmptyShould(true)
                    .check(classes);
        }
    }

    @ArchTest
    static void core_is_plain_java(JavaClasses classes) {
        noClasses()
                .that()
                .resideInAPackage("io.tenantry.core..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "io.tenantry.core..")
                .check(classes);
    }

    @ArchTest
    static void the_engine_knows_neither_tenants_nor_http(JavaClasses classes) {
        noClasses()
                .that()
                .resideInAPackage("io.tenantry.limits.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tenantry.identity..",
                        "io.tenantry.audit..",
                        "io.tenantry.tenancy..",
                        "io.tenantry.access..",
                        "jakarta.ws.rs..")
                .allowEmptyShould(true)
                .check(classes);
    }
}
