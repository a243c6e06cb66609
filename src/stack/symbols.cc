#include "stack/symbols.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/utf8.h"
#include "stack/readable_name.h"

namespace leptir::stack {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;

std::string_view lastPart(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string targetOf(const std::string& link) {
  char path[4096];
  const auto bytes = ::readlink(link.c_str(), path, sizeof path);
  return {path, bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
}

// libdw passes what setModuleOwner has stored with the module.
int openElf(Dwfl_Module*, void** owner, const char* name, Dwarf_Addr, char** file, Elf**) {
  const auto* symbols = static_cast<const Symbols*>(*owner);
  const auto path = symbols != nullptr ? symbols->pathToOpen(name) : std::string(name);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) *file = ::strdup(name);
  return descriptor;
}

int setModuleOwner(Dwfl_Module*, void** owner, const char*, Dwarf_Addr, void* symbols) {
  *owner = symbols;
  return DWARF_CB_OK;
}

constexpr char* kNoPath = nullptr;  // libdw only reads it
constexpr Dwfl_Callbacks kFileCallbacks{.find_elf = openElf,
                                        .find_debuginfo = ::dwfl_standard_find_debuginfo,
                                        .section_address = nullptr,
                                        .debuginfo_path = const_cast<char**>(&kNoPath)};

std::string pathOf(Dwfl_Module* module) {
  const char* path = ::dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  return path != nullptr ? path : "";
}

std::string nameOf(Dwarf_Die& function) {
  Dwarf_Attribute attribute;
  const char* linkage = ::dwarf_formstring(::dwarf_attr_integrate(&function, DW_AT_linkage_name, &attribute));
  if (linkage != nullptr) return demangled(linkage);
  const char* name = ::dwarf_diename(&function);
  return name != nullptr ? name : "(inlined)";
}

// Sets the source position to that of the call which was inlined.
void setToCallSite(Dwarf_Die& inlined, Dwarf_Die& unit, SourceFrame& place) {
  place.file.clear();
  place.line = 0;
  Dwarf_Attribute attribute;
  Dwarf_Word file = 0, line = 0;
  Dwarf_Files* files = nullptr;
  ::dwarf_formudata(::dwarf_attr(&inlined, DW_AT_call_line, &attribute), &line);
  const bool known = ::dwarf_formudata(::dwarf_attr(&inlined, DW_AT_call_file, &attribute), &file) == 0 &&
                     ::dwarf_getsrcfiles(&unit, &files, nullptr) == 0;
  const char* path = known ? ::dwarf_filesrc(files, file, nullptr, nullptr) : nullptr;
  if (path == nullptr) return;
  place.file = path;
  place.line = static_cast<int>(line);
}

void setToSourceLine(Dwfl_Module* module, Dwarf_Addr address, SourceFrame& place) {
  int line = 0;
  Dwfl_Line* found = ::dwfl_module_getsrc(module, address);
  const char* file = found != nullptr ? ::dwfl_lineinfo(found, nullptr, &line, nullptr, nullptr, nullptr) : nullptr;
  if (file == nullptr) return;
  place.file = file;
  place.line = line;
}

// Adds the functions that are inlined at the address. `place`: the source position of the instruction; afterwards that
// of the outermost inlined call.
void addInlined(Dwfl_Module* module, Dwarf_Addr address, SourceFrame& place, std::vector<SourceFrame>& frames) {
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = ::dwfl_module_addrdie(module, address, &bias);
  if (unit == nullptr) return;
  Dwarf_Die *containing = nullptr, *scopes = nullptr;
  if (::dwarf_getscopes(unit, address - bias, &containing) <= 0) return;
  const auto count = ::dwarf_getscopes_die(&containing[0], &scopes);
  for (int i = 0; i < count && ::dwarf_tag(&scopes[i]) != DW_TAG_subprogram; ++i) {
    if (::dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine) continue;
    auto frame = place;
    frame.function = nameOf(scopes[i]);
    frame.isInlined = true;
    frames.push_back(std::move(frame));
    setToCallSite(scopes[i], *unit, place);
  }
  std::free(scopes);
  std::free(containing);
}

}  // namespace

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                        &std::free);
  std::string text = readableName(readable ? readable.get() : name);
  if (text.size() > kMaxNameBytes) text.replace(base::utf8Prefix(text, kMaxNameBytes).size(), std::string::npos, "…");
  return text;
}

Symbols::Symbols(std::FILE* maps, int process)
    : programLink_(process == 0 ? "/proc/self/exe" : "/proc/" + std::to_string(process) + "/exe"),
      program_(targetOf(programLink_)),
      root_(process == 0 ? "" : "/proc/" + std::to_string(process) + "/root"),
      dwfl_(nullptr, &::dwfl_end) {
  ::unsetenv("DEBUGINFOD_URLS");  // else libdw asks the network, which takes too long
  dwfl_.reset(::dwfl_begin(&kFileCallbacks));
  if (!dwfl_ || maps == nullptr) return;
  ::dwfl_linux_proc_maps_report(dwfl_.get(), maps);
  ::dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  ::dwfl_getmodules(dwfl_.get(), setModuleOwner, this, 0);
}

std::string Symbols::pathToOpen(const char* name) const {
  if (program_ == name) return programLink_;
  auto inRoot = root_ + name;
  return root_.empty() || ::access(inRoot.c_str(), R_OK) == 0 ? inRoot : name;
}

void Symbols::addFrames(std::uint64_t address, std::vector<SourceFrame>& frames) const {
  SourceFrame place{.address = address};
  Dwfl_Module* module = dwfl_ ? ::dwfl_addrmodule(dwfl_.get(), address) : nullptr;
  if (module == nullptr) return frames.push_back(std::move(place));
  const auto path = pathOf(module);
  place.module = lastPart(path);
  place.isOfProgram = path == program_;
  setToSourceLine(module, address, place);
  addInlined(module, address, place, frames);
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* name = ::dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name != nullptr) place.function = demangled(name);
  frames.push_back(std::move(place));
}

}  // namespace leptir::stack
