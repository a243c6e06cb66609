#include "master/stack_symbolizer.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/hex_text.h"
#include "base/utf8.h"
#include "master/readable_name.h"

namespace leptir::master {
namespace {

constexpr std::size_t kLongestName = 1024;
// The stack is cut before this frame: from here outwards it is the same for every task.
constexpr std::string_view kRunWorkerFrame = "leptir::worker::runWorker(";

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                        &std::free);
  std::string text = readableName(readable ? readable.get() : name);
  if (text.size() > kLongestName) text.replace(base::utf8Prefix(text, kLongestName).size(), std::string::npos, "…");
  return text;
}

std::string_view lastPart(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// The path of this program as /proc/<pid>/maps writes it; when its file was replaced: "/usr/bin/leptir (deleted)".
std::string ownProgram() {
  char path[4096];
  const auto bytes = ::readlink("/proc/self/exe", path, sizeof path);
  return {path, bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
}

int openElf(Dwfl_Module*, void**, const char* name, Dwarf_Addr, char** file, Elf**) {
  const bool own = ownProgram() == name;
  const int descriptor = ::open(own ? "/proc/self/exe" : name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) *file = ::strdup(name);
  return descriptor;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// The memory map of the dead worker. If its report has none: that of this process, which is nearly the same.
File openMaps(const link::CrashReport& report) {
  if (report.mapsBytes == 0) return File(std::fopen("/proc/self/maps", "re"));
  return File(::fmemopen(const_cast<char*>(report.maps), report.mapsBytes, "r"));
}

class Symbols {
 public:
  explicit Symbols(const link::CrashReport& report) : dwfl_(::dwfl_begin(&callbacks_), &::dwfl_end) {
    const auto maps = openMaps(report);
    if (!dwfl_ || !maps) return;
    ::dwfl_linux_proc_maps_report(dwfl_.get(), maps.get());
    ::dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  }

  // Adds the function at the address, and before it the functions that are inlined there.
  void addFrames(Dwarf_Addr address, std::vector<std::string>& stack) const {
    Dwfl_Module* module = dwfl_ ? ::dwfl_addrmodule(dwfl_.get(), address) : nullptr;
    if (module == nullptr) return stack.push_back(base::hexText(address));
    auto place = placeOf(module, address);
    addInlined(module, address, place, stack);
    GElf_Off offset = 0;
    GElf_Sym symbol{};
    const char* name = ::dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
    stack.push_back((name != nullptr ? demangle(name) : base::hexText(address)) + place);
  }

 private:
  static std::string placeOf(Dwfl_Module* module, Dwarf_Addr address) {
    int line = 0;
    Dwfl_Line* found = ::dwfl_module_getsrc(module, address);
    const char* file = found != nullptr ? ::dwfl_lineinfo(found, nullptr, &line, nullptr, nullptr, nullptr) : nullptr;
    if (file != nullptr) return std::string(" at ") + file + ":" + std::to_string(line) + libraryOf(module);
    const auto path = pathOf(module);
    return path.empty() ? std::string() : " in " + std::string(lastPart(path));
  }

  static std::string pathOf(Dwfl_Module* module) {
    const char* path = ::dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    return path != nullptr ? path : "";
  }

  // Empty for the program itself.
  static std::string libraryOf(Dwfl_Module* module) {
    const auto path = pathOf(module);
    return path.empty() || path == ownProgram() ? std::string() : " in " + std::string(lastPart(path));
  }

  // `place`: the source position of the instruction; afterwards that of the outermost inlined call.
  static void addInlined(Dwfl_Module* module, Dwarf_Addr address, std::string& place, std::vector<std::string>& stack) {
    Dwarf_Addr bias = 0;
    Dwarf_Die* unit = ::dwfl_module_addrdie(module, address, &bias);
    if (unit == nullptr) return;
    Dwarf_Die *around = nullptr, *scopes = nullptr;
    if (::dwarf_getscopes(unit, address - bias, &around) <= 0) return;
    const auto count = ::dwarf_getscopes_die(&around[0], &scopes);
    for (int i = 0; i < count && ::dwarf_tag(&scopes[i]) != DW_TAG_subprogram; ++i) {
      if (::dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine) continue;
      stack.push_back(nameOf(scopes[i]) + place);
      place = callOf(scopes[i], *unit) + libraryOf(module);
    }
    std::free(scopes);
    std::free(around);
  }

  static std::string nameOf(Dwarf_Die& function) {
    Dwarf_Attribute attribute;
    const char* linkage = ::dwarf_formstring(::dwarf_attr_integrate(&function, DW_AT_linkage_name, &attribute));
    if (linkage != nullptr) return demangle(linkage);
    const char* name = ::dwarf_diename(&function);
    return name != nullptr ? name : "(inlined)";
  }

  static std::string callOf(Dwarf_Die& inlined, Dwarf_Die& unit) {
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    Dwarf_Files* files = nullptr;
    ::dwarf_formudata(::dwarf_attr(&inlined, DW_AT_call_line, &attribute), &line);
    const bool known = ::dwarf_formudata(::dwarf_attr(&inlined, DW_AT_call_file, &attribute), &file) == 0 &&
                       ::dwarf_getsrcfiles(&unit, &files, nullptr) == 0;
    const char* path = known ? ::dwarf_filesrc(files, file, nullptr, nullptr) : nullptr;
    return path != nullptr ? std::string(" at ") + path + ":" + std::to_string(line) : std::string();
  }

  char* noPath_ = nullptr;
  const Dwfl_Callbacks callbacks_{.find_elf = openElf,
                                  .find_debuginfo = ::dwfl_standard_find_debuginfo,
                                  .section_address = nullptr,
                                  .debuginfo_path = &noPath_};
  std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl_;
};

}  // namespace

std::vector<std::string> symbolizeStack(const link::CrashReport& report) {
  ::unsetenv("DEBUGINFOD_URLS");  // else libdw asks the network, which takes too long
  const Symbols symbols(report);
  std::vector<std::string> stack;
  for (const auto address : std::span(report.addresses).first(report.frames)) {
    symbols.addFrames(address, stack);
    if (!stack.back().starts_with(kRunWorkerFrame)) continue;
    stack.pop_back();
    break;
  }
  return stack;
}

std::string describeException(const link::CrashReport& report) {
  if (report.kind != link::CrashReportKind::Exception) return {};
  auto text = demangle(report.exceptionType);
  if (report.exceptionText[0] != '\0') text.append(": ").append(report.exceptionText);
  return text;
}

}  // namespace leptir::master
