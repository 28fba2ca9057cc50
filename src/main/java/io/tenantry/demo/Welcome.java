package io.tenantry.demo;

import java.nio.file.Path;

/** What a newcomer reads: three lines that can be pasted. They take the keys from their files, so that no secret is in the log. */
final class Welcome {

    private Welcome() {}

    static String text(int port, Path directory) {
        return """

                Tenantry listens on http://localhost:%1$d  (API: http://localhost:%1$d/q/swagger-ui)
                A demo tenant is ready: its key may make 5 requests a minute, its team may spend $0.20 a day.

                1. Ask for an admission (of six within ten seconds the sixth is refused):
                admission=$(curl -s http://localhost:%1$d/v1/admissions -H "Authorization: Bearer $(cat %2$s/master-key)" -H 'Content-Type: application/json' -d '{"api_key": "'$(cat %2$s/demo-key)'", "model": "demo-model", "input_tokens": 900, "max_output_tokens": 600}' | tee /dev/stderr | sed -n 's/.*"admission_id":"\\([^"]*\\)".*/\\1/p')

                2. Settle it with what was really used:
                curl -s http://localhost:%1$d/v1/admissions/${admission:?the last answer was a refusal, ask again}/settlement -H "Authorization: Bearer $(cat %2$s/master-key)" -H 'Content-Type: application/json' -d '{"input_tokens": 900, "output_tokens": 150}'; echo

                3. Look at what was spent:
                curl -s "http://localhost:%1$d/team/info?team_id=demo-team" -H "Authorization: Bearer $(cat %2$s/master-key)"; echo
                """.formatted(port, relative(directory));
    }

    /** Shorter where it is below the working directory, which is where one usually pastes. */
    private static Path relative(Path directory) {
        var here = Path.of("").toAbsolutePath();
        return directory.startsWith(here) ? here.relativize(directory) : directory;
    }
}
