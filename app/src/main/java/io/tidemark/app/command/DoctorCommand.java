package io.tidemark.app.command;

import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.doctor.Doctor;
import io.tidemark.postgres.doctor.Finding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark doctor}: whether a database can be captured. */
@CommandLine.Command(
    name = "doctor",
    description = {
      "Examines the database of a configuration: server, role, slot and every table. Prints the SQL"
          + " or the provider's setting that mends each finding, and changes nothing.",
      "Exit code 3 when something blocks the capture."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark doctor tidemark.yaml",
      "  tidemark doctor --source postgres://tidemark@localhost/shop"
    })
public final class DoctorCommand implements Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "tidemark.yaml",
      description = "The configuration (${DEFAULT-VALUE}).")
  private Path file;

  @Option(
      names = "--source",
      paramLabel = "URL",
      description = "This database with the default options, instead of a configuration's.")
  private String source;

  @Override
  public Answer run(Session session) {
    Wiring wiring = new Wiring(session.environment());
    Optional<Setup> setup = source == null ? Optional.of(wiring.load(file)) : Optional.empty();
    PostgresConfig config = setup.map(Setup::source).orElseGet(() -> wiring.source(source));
    Doctor doctor = new Doctor(config, session.environment());
    List<Finding> findings = new ArrayList<>(doctor.examine());
    if (setup.stream()
        .flatMap(each -> each.sinks().stream())
        .anyMatch(Setup.Database.class::isInstance)) {
      findings.addAll(doctor.examineForMove());
    }
    long blocking = count(findings, Finding.Severity.BLOCKING);
    long warnings = count(findings, Finding.Severity.WARNING);
    List<String> lines = new ArrayList<>();
    findings.forEach(finding -> lines.addAll(lines(finding)));
    lines.add(
        blocking > 0
            ? "Not ready: %d blocking, %d warnings.".formatted(blocking, warnings)
            : "Ready: nothing blocks the capture, %d warnings.".formatted(warnings));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("source", config.endpoint().toString());
    facts.put("blocking", blocking);
    facts.put("warnings", warnings);
    facts.put("findings", findings.stream().map(DoctorCommand::facts).toList());
    return new Answer(blocking > 0 ? ExitCode.ENVIRONMENT : ExitCode.OK, lines, facts);
  }

  private static long count(List<Finding> findings, Finding.Severity severity) {
    return findings.stream().filter(finding -> finding.severity() == severity).count();
  }

  private static List<String> lines(Finding finding) {
    List<String> lines = new ArrayList<>();
    lines.add(word(finding) + " " + finding.check() + ": " + finding.what());
    lines.add("  " + finding.why());
    if (!finding.remedy().isEmpty()) {
      lines.add("  Remedy:");
      finding.remedy().lines().forEach(line -> lines.add("    " + line));
    }
    lines.add("");
    return lines;
  }

  private static Map<String, Object> facts(Finding finding) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("severity", word(finding));
    facts.put("check", finding.check());
    facts.put("what", finding.what());
    facts.put("why", finding.why());
    facts.put("remedy", finding.remedy());
    return facts;
  }

  private static String word(Finding finding) {
    return finding.severity().name().toLowerCase(Locale.ROOT);
  }
}
