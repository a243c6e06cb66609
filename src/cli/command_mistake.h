// Explains why the parser did not understand a command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace leptir::cli {

// The first option that ends with "=" (`--id=`) before a "--"; nullopt: there is none. `words` is argv.
std::optional<std::string> findOptionWithoutValue(const std::vector<std::string>& words);

// Explains an unknown command, an unknown option of a known command, or an option that stands before the command;
// nullopt if the mistake is another one. `program` is the name of the called program; `words` is argv.
std::optional<std::string> explainMistake(const CLI::App& app, const std::string& program,
                                          const std::vector<std::string>& words);

}  // namespace leptir::cli
