// leptir doctor
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/escape.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/wrapped_text.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kIndent = 9;  // the longest word, "problem", and two blanks

Json findingJson(const Finding& finding) {
  return {{"severity", nameOf(finding.severity)},
          {"kind", finding.kind},
          {"where", finding.where},
          {"what", finding.what},
          {"advice", finding.advice}};
}

Colour colourOf(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Problem:
      return Colour::Red;
    case FindingSeverity::Warning:
      return Colour::Yellow;
    default:
      return Colour::Faint;
  }
}

// The severity in front, the sentence beside it, and below that what to do.
void printFinding(const Finding& finding, const Terminal& terminal) {
  const std::string word(nameOf(finding.severity));
  const auto head = terminal.hasColours ? coloured(word, colourOf(finding.severity)) : word;
  const auto width = terminal.width > kIndent ? terminal.width - kIndent : 0;
  bool isFirst = true;
  const auto print = [&](const std::string& text) {
    for (const auto& line : wrapped(base::escaped(text), width)) {
      std::cout << (isFirst ? head + std::string(kIndent - word.size(), ' ') : std::string(kIndent, ' ')) << line
                << '\n';
      isFirst = false;
    }
  };
  print(finding.where + ": " + finding.what + ".");
  if (!finding.advice.empty()) print("-> " + finding.advice);
}

std::string countText(const Diagnosis& diagnosis, FindingSeverity severity) {
  const auto count = std::ranges::count(diagnosis.findings, severity, &Finding::severity);
  if (count == 0) return {};
  return fmt::format("{} {}{}", count, nameOf(severity), count == 1 ? "" : "s");
}

std::string summaryOf(const Diagnosis& diagnosis) {
  std::string text;
  for (const auto severity : {FindingSeverity::Problem, FindingSeverity::Warning, FindingSeverity::Note}) {
    const auto count = countText(diagnosis, severity);
    if (!count.empty()) text += (text.empty() ? "" : ", ") + count;
  }
  if (diagnosis.isHealthy()) text = "no problems" + (text.empty() ? text : ", " + text);
  return fmt::format("Looked at {} things; {}.", diagnosis.looked, text);
}

void printDiagnosis(const Diagnosis& diagnosis) {
  const auto terminal = terminalOf(STDOUT_FILENO);
  for (const auto& finding : diagnosis.findings) printFinding(finding, terminal);
  if (!diagnosis.findings.empty()) std::cout << '\n';
  printLine("{}", summaryOf(diagnosis));
}

int exitStatusOf(const Diagnosis& diagnosis) {
  if (diagnosis.stores > 0 && diagnosis.answered == 0) return base::kExitStoreUnusable;
  return diagnosis.isHealthy() ? base::kExitDone : base::kExitPartlyDone;
}

}  // namespace

int runCommand(const DoctorCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto diagnosis = operations.diagnose();
    if (command.json) {
      Json json{{"findings", Json::array()},
                {"looked", diagnosis.looked},
                {"stores", diagnosis.stores},
                {"answered", diagnosis.answered},
                {"healthy", diagnosis.isHealthy()}};
      for (const auto& finding : diagnosis.findings) json["findings"].push_back(findingJson(finding));
      std::cout << jsonForOutput(json) << '\n';
    } else {
      printDiagnosis(diagnosis);
    }
    std::cout << std::flush;
    return exitStatusOf(diagnosis);
  });
}

}  // namespace leptir::cli
