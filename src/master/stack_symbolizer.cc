#include "master/stack_symbolizer.h"

#include <cstdio>
#include <memory>
#include <span>
#include <string_view>

#include "base/hex_text.h"
#include "stack/symbols.h"

namespace leptir::master {
namespace {

// The stack is cut before this frame: from here outwards it is the same for every task.
constexpr std::string_view kRunWorkerFrame = "leptir::worker::runWorker(";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// The memory map of the dead worker. If its report has none: that of this process, which is nearly the same.
File openMaps(const link::CrashReport& report) {
  if (report.mapsBytes == 0) return File(std::fopen("/proc/self/maps", "re"));
  return File(::fmemopen(const_cast<char*>(report.maps), report.mapsBytes, "r"));
}

std::string textOf(const stack::SourceFrame& frame) {
  auto text = frame.function.empty() ? base::hexText(frame.address) : frame.function;
  if (!frame.file.empty()) text.append(" at ").append(frame.file).append(":").append(std::to_string(frame.line));
  const bool namesModule = !frame.module.empty() && (frame.file.empty() || !frame.isOfProgram);
  return namesModule ? text.append(" in ").append(frame.module) : text;
}

}  // namespace

std::vector<std::string> symbolizeStack(const link::CrashReport& report) {
  const auto maps = openMaps(report);
  const stack::Symbols symbols(maps.get(), 0);
  std::vector<std::string> lines;
  for (const auto address : std::span(report.addresses).first(report.frames)) {
    std::vector<stack::SourceFrame> frames;
    symbols.addFrames(address, frames);
    const bool isEnd = frames.back().function.starts_with(kRunWorkerFrame);
    if (isEnd) frames.pop_back();
    for (const auto& frame : frames) lines.push_back(textOf(frame));
    if (isEnd) break;
  }
  return lines;
}

std::string describeException(const link::CrashReport& report) {
  if (report.kind != link::CrashReportKind::Exception) return {};
  auto text = stack::demangled(report.exceptionType);
  if (report.exceptionText[0] != '\0') text.append(": ").append(report.exceptionText);
  return text;
}

}  // namespace leptir::master
