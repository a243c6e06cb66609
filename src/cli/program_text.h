// What --help says of a program and its commands, as values: completion scripts and manual pages are written from it,
// so that all three say the same.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace leptir::cli {

struct OptionText {
  std::string name{};                  // --config; of a positional argument: NAME
  std::string value{};                 // what follows the option, in one word: FILE, NUMBER; empty: it takes no value
  std::string optionalValue{};         // of --watch, which may be --watch=SECONDS: SECONDS
  std::string help{};                  // one or more sentences
  std::vector<std::string> choices{};  // the only values that are allowed; empty: any value is
  bool repeats = false;                // may be given several times
  bool isRequired = false;

  bool isFile() const { return value == "FILE"; }
};

struct CommandText {
  std::string name{};
  std::string description{};
  std::string group{};                // under which title the help of the program lists it
  std::vector<OptionText> words{};    // positional arguments, in their order
  std::vector<OptionText> options{};  // without --help
};

struct ProgramText {
  std::string name{};  // of the called program: leptir, or a user's
  std::string version{};
  std::string description{};
  std::string footer{};  // about the exit statuses
  std::vector<CommandText> commands{};
};

// Reads it from the parser's description of the command line.
ProgramText programTextOf(const CLI::App& app);
CommandText commandTextOf(const CLI::App& command);

}  // namespace leptir::cli
