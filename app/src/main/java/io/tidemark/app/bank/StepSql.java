package io.tidemark.app.bank;

import java.math.BigDecimal;
import java.util.List;
import java.util.OptionalLong;

/** Writes steps as SQL. */
final class StepSql {
  private final String customers;
  private final String accounts;
  private final String transactions;

  StepSql(BankSchema schema) {
    customers = schema.qualified("customers");
    accounts = schema.qualified("accounts");
    transactions = schema.qualified("transactions");
  }

  /** Appends one transaction, with its BEGIN and COMMIT. */
  void append(List<Step> steps, StringBuilder sql) {
    sql.append("BEGIN;");
    for (Step step : steps) {
      append(step, sql);
    }
    sql.append("COMMIT;");
  }

  /** Rows that a step inserts, updates or deletes. */
  static int rows(Step step) {
    return step instanceof Step.Book booking && booking.completed() ? 2 : 1;
  }

  private void append(Step step, StringBuilder sql) {
    if (step instanceof Step.Welcome welcome) {
      sql.append("INSERT INTO ").append(customers);
      sql.append(" (id, first_name, last_name, email) VALUES (").append(welcome.id());
      text(sql.append(", "), welcome.firstName());
      text(sql.append(", "), welcome.lastName());
      text(sql.append(", "), welcome.email()).append(");");
    } else if (step instanceof Step.ChangeEmail change) {
      text(sql.append("UPDATE ").append(customers).append(" SET email = "), change.email());
      sql.append(" WHERE id = ").append(change.customerId()).append(';');
    } else if (step instanceof Step.Open open) {
      sql.append("INSERT INTO ").append(accounts);
      sql.append(" (id, customer_id, account_type, balance, currency) VALUES (").append(open.id());
      sql.append(", ").append(open.customerId());
      text(sql.append(", "), open.type()).append(", 0");
      text(sql.append(", "), open.currency()).append(");");
    } else if (step instanceof Step.Close close) {
      sql.append("DELETE FROM ").append(accounts);
      sql.append(" WHERE id = ").append(close.accountId()).append(';');
    } else if (step instanceof Step.Book booking) {
      append(booking, sql);
    }
  }

  private void append(Step.Book booking, StringBuilder sql) {
    BigDecimal amount = BigDecimal.valueOf(booking.cents(), 2);
    if (booking.completed()) {
      sql.append("UPDATE ").append(accounts).append(" SET balance = balance + ").append(amount);
      sql.append(" WHERE id = ").append(booking.accountId()).append(';');
    }
    sql.append("INSERT INTO ").append(transactions);
    sql.append(" (id, account_id, txn_type, amount, related_account_id, status) VALUES (");
    sql.append(booking.id()).append(", ").append(booking.accountId()).append(", '");
    sql.append(booking.kind()).append("', ").append(amount).append(", ");
    sql.append(orNull(booking.relatedId())).append(", '").append(booking.status()).append("');");
  }

  private static String orNull(OptionalLong id) {
    return id.isPresent() ? Long.toString(id.getAsLong()) : "NULL";
  }

  private static StringBuilder text(StringBuilder sql, String value) {
    return sql.append('\'').append(value.replace("'", "''")).append('\'');
  }
}
