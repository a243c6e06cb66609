// SQL text that the compiler composes: `{name}` in it stands for the number or the piece of SQL that kSqlNames gives
// that name. So each number and each rule stands once, and SQLite still gets literals: it uses a partial index only if
// a statement repeats the condition of the index literally.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "backends/sqlite/session_row.h"
#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/task_row.h"

namespace leptir::sqlite {

// The decimal digits of a number.
struct Digits {
  constexpr explicit Digits(std::int64_t number) {
    auto rest = number < 0 ? -number : number;
    do {
      text[--begin] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (number < 0) text[--begin] = '-';
  }
  constexpr std::string_view view() const { return {text.data() + begin, text.size() - begin}; }

  std::array<char, 20> text{};
  std::size_t begin = text.size();
};

template <std::int64_t number>
inline constexpr Digits kDigits{number};

template <std::int64_t number>
inline constexpr std::string_view kNumberText = kDigits<number>.view();

struct SqlName {
  std::string_view name;
  std::string_view text;  // may have names, too
};

inline constexpr std::array kSqlNames{
    // Column `holder` of a task.
    SqlName{"no_holder", kNumberText<kHolderNone>},
    SqlName{"buried", kNumberText<kHolderBuried>},
    SqlName{"is_waiting", "holder = {no_holder}"},
    SqlName{"is_buried", "holder = {buried}"},
    SqlName{"is_leased", "holder > {buried}"},
    SqlName{"of_lease", "seq = :row AND holder = :session AND lease = :lease"},
    // Column `due` of a task (sqlite_due.h).
    SqlName{"at_once_limit", kNumberText<kAtOnceLimit>},
    SqlName{"at_once_offset", kNumberText<kAtOnceOffset>},
    SqlName{"first_at_once", kNumberText<-kLargestTime - kAtOnceOffset>},
    SqlName{"last_at_once", kNumberText<kLargestTime - kAtOnceOffset>},
    SqlName{"due_at_once_by_now",  // a task that went back before later tasks keeps its place before them
            "CASE WHEN due < {at_once_limit} THEN due ELSE min(due, :now) - {at_once_offset} END"},
    // Other columns of a task.
    SqlName{"leased_columns", kLeasedColumns},
    SqlName{"found_columns", kFoundColumns},
    SqlName{"counters", "failures = :failures, crashes = :crashes, expiries = :expiries, unknown = :unknown"},
    SqlName{"bury",  // `buried` counts the buried tasks in the order of burying
            "holder = {buried}, id = coalesce(id, :id_if_none), reason = :reason, cancelled_by = NULL,"
            " buried = min({largest_burial}, max(:now,"
            " coalesce((SELECT max(buried) + 1 FROM leptir_tasks WHERE {is_buried}), 0)))"},
    // Sessions.
    SqlName{"open", kNumberText<kSessionOpen>},
    SqlName{"claimed", kNumberText<kSessionClaimed>},
    SqlName{"ended", kNumberText<kSessionEnded>},
    SqlName{"session_columns", kSessionColumns},
    SqlName{"is_superseded",  // the instance has opened a later session
            "EXISTS (SELECT 1 FROM leptir_sessions later"
            " WHERE later.instance = leptir_sessions.instance AND later.epoch > leptir_sessions.epoch)"},
    SqlName{"holds_tasks", "EXISTS (SELECT 1 FROM leptir_tasks WHERE holder = number AND {is_leased})"},
    // Identifies this database file. `:file` is the text of the connection's file identity: device and inode, which a
    // copy does not share. The random number tells the file from an earlier one with that inode.
    SqlName{"this_file", "(SELECT value FROM leptir_state WHERE name = 'file') || ' ' || :file"},
    SqlName{"random_file_number", "abs(random() % {random_file_numbers})"},
    SqlName{"random_file_numbers", kNumberText<kRandomFileNumbers>},
    SqlName{"random_sessions", kNumberText<kRandomSessions>},
    // Limits, as in the CHECKs of the tables.
    SqlName{"first_reserved", kNumberText<kHolderBuried + 1>},
    SqlName{"last_reserved", kNumberText<kLastReservedHolder>},
    SqlName{"first_session", kNumberText<kLastReservedHolder + 1>},
    SqlName{"largest_session", kNumberText<kLargestSession>},
    SqlName{"no_lease_yet", kNumberText<kNoLeaseYet>},
    SqlName{"largest_lease", kNumberText<kLargestLease>},
    SqlName{"largest_burial", kNumberText<kLargestBurial>},
    SqlName{"largest_accepted", kNumberText<kLargestAcceptedNumber>},
    SqlName{"largest_time", kNumberText<kLargestTime>},
    SqlName{"largest_counter", kNumberText<kLargestCounter>},
    SqlName{"largest_int", kNumberText<kLargestInt>},
    SqlName{"largest_step", kNumberText<kLargestStep>},
};

constexpr std::string_view sqlNamed(std::string_view name) {
  const auto found = std::ranges::find(kSqlNames, name, &SqlName::name);
  return found->text;  // an unknown name is past the end, which does not compile
}

// Converts to the composed text. Compiles only if kSqlNames has each name.
template <std::size_t size>
class SqlText {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval SqlText(const char (&source)[size]) { append(std::string_view(source, size - 1)); }

  constexpr operator std::string_view() const {
    return {text_.data(), length_};
  }  // NOLINT(google-explicit-constructor)
  constexpr const char* c_str() const { return text_.data(); }

 private:
  constexpr void append(std::string_view source) {
    while (!source.empty()) {
      const auto name = std::min(source.find('{'), source.size());
      for (const char each : source.substr(0, name)) text_[length_++] = each;
      if (name == source.size()) return;
      const auto end = source.find('}', name);
      append(sqlNamed(source.substr(name + 1, end - name - 1)));
      source.remove_prefix(end + 1);
    }
  }

  static constexpr std::size_t kMaxNameExpansion = 1024;
  std::array<char, size + kMaxNameExpansion> text_{};  // ends with a zero
  std::size_t length_ = 0;
};

}  // namespace leptir::sqlite
