package io.tidemark.app.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What every command understands. */
@Command(
    name = "tidemark",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    versionProvider = GlobalOptions.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done as asked",
      "1:failed, or a difference was found",
      "2:wrong usage or configuration",
      "3:something around the program is missing: the database, the destination, a port"
    })
public final class GlobalOptions {
  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print the result as one JSON object in the last line.")
  private boolean json;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print where a failure came from.")
  private boolean debug;

  boolean json() {
    return json;
  }

  boolean debug() {
    return debug;
  }

  /** The version of this build. */
  static final class Version implements picocli.CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = GlobalOptions.class.getPackage().getImplementationVersion();
      return new String[] {"tidemark " + (version == null ? "(not packaged)" : version)};
    }
  }
}
