// Functions and source lines of addresses in a process, by the debug information and symbol tables of its files
// (libdw). Damaged files may crash libdw: to be used only in a process that may die.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

struct Dwfl;

namespace leptir::stack {

// One function of a stack. What is not known is empty or zero.
struct SourceFrame {
  std::uint64_t address = 0;
  std::string function{};  // demangled, see readable_name.h
  std::string file{};
  int line = 0;
  std::string module{};  // the file name of the program or of the library
  bool isOfProgram = false;
  bool isInlined = false;  // into the next frame
};

// A C++ name as a programmer would write it, at most 1,024 bytes long.
std::string demangled(const char* name);

class Symbols {
 public:
  // `maps`: the text of /proc/<pid>/maps; null: there is none. `process`: whose maps they are; 0: this process's, or
  // those of one that is gone and ran the same program.
  Symbols(std::FILE* maps, int process);
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  // Adds the function at the address, and before it the functions that are inlined there.
  void addFrames(std::uint64_t address, std::vector<SourceFrame>& frames) const;

  Dwfl* dwfl() const { return dwfl_.get(); }  // null: there is no memory
  // The path by which a file named in `maps` can be opened here, even if the program file was replaced on disk or the
  // process has a file system of its own (a container).
  std::string pathToOpen(const char* name) const;

 private:
  std::string programLink_;  // /proc/<pid>/exe
  std::string program_;      // the path of the program as the maps have it; when it was replaced: "… (deleted)"
  std::string root_;         // /proc/<pid>/root; empty: the files are those of this process
  std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl_;
};

}  // namespace leptir::stack
