package io.tidemark.engine.config;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import java.util.List;

/** The reference of every option, as Markdown. */
public final class ReferencePage {
  private ReferencePage() {}

  /** The page. */
  public static String of(Catalog catalog) {
    StringBuilder page = new StringBuilder();
    page.append("# Configuration\n\n")
        .append("This page is generated from the program; a test fails when it is stale.\n\n")
        .append("A pipeline is one YAML file: options of the pipeline at the top, one `source`, a")
        .append(" list of `sinks`, and a list of `transforms` if any. Dots stand for nesting:")
        .append(" `flush.interval` may be written so, or as `interval` below `flush`. Values may")
        .append(" hold `${env:NAME}` and `${file:path}`, which are resolved and never shown;")
        .append(" `$${` is a plain `${`. Sinks may have a `name`, which is their type where none")
        .append(" is given. `tidemark validate` tells every problem of a file at once.\n");
    section(page, "## Pipeline", catalog.pipeline());
    for (String kind : List.of("source", "sink", "transform")) {
      for (ComponentSpec spec : catalog.ofKind(kind)) {
        String title = Character.toUpperCase(kind.charAt(0)) + kind.substring(1);
        section(page, "## " + title + " `" + spec.type() + "`", spec);
      }
    }
    return page.toString();
  }

  private static void section(StringBuilder page, String title, ComponentSpec spec) {
    page.append('\n').append(title).append("\n\n").append(spec.summary()).append('\n');
    if (spec.options().isEmpty()) {
      return;
    }
    page.append("\n| option | type | default | what it does |\n|---|---|---|---|\n");
    for (Option<?> option : spec.options()) {
      page.append("| `")
          .append(option.name())
          .append("` | ")
          .append(cell(option.type().name()))
          .append(" | ")
          .append(standard(option))
          .append(" | ")
          .append(cell(option.description()))
          .append(example(option))
          .append(" |\n");
    }
  }

  private static String standard(Option<?> option) {
    if (option.required()) {
      return "**required**";
    }
    return option.standard().filter(text -> !text.isEmpty()).map(ReferencePage::code).orElse("");
  }

  private static String example(Option<?> option) {
    boolean told = option.standard().filter(option.example()::equals).isPresent();
    String text =
        told || option.example().isEmpty() ? "" : " Example: " + code(option.example()) + ".";
    return option.secret() ? text + " Never shown." : text;
  }

  private static String code(String text) {
    return "`" + cell(text) + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ");
  }
}
