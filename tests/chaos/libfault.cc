// A library for LD_PRELOAD that makes calls fail: LEPTIR_FAULT=call:first:number:ERROR lets `number` calls of the
// function `call` fail with ERROR, beginning with the `first`-th call of the process. A fork continues the count of its
// parent.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

struct Fault {
  char call[32] = {};
  long first = 0, number = 0;
  int error = 0;
};

int errorOf(const char* name) {
  if (std::strcmp(name, "EAGAIN") == 0) return EAGAIN;
  if (std::strcmp(name, "EMFILE") == 0) return EMFILE;
  return ENOMEM;
}

Fault readFault() {
  Fault fault;
  const char* text = std::getenv("LEPTIR_FAULT");
  if (text == nullptr) return fault;
  const char* colon = std::strchr(text, ':');
  if (colon == nullptr || colon - text >= static_cast<long>(sizeof fault.call)) return fault;
  std::memcpy(fault.call, text, static_cast<std::size_t>(colon - text));
  char* rest = nullptr;
  fault.first = std::strtol(colon + 1, &rest, 10);
  if (*rest == ':') fault.number = std::strtol(rest + 1, &rest, 10);
  if (*rest == ':') fault.error = errorOf(rest + 1);
  return fault;
}

// Also called while the program is being loaded, when memory cannot be allocated yet; the environment can be read by
// then.
bool fails(const char* call) {
  static const Fault kFault = readFault();
  static std::atomic<long> calls{0};
  if (std::strcmp(call, kFault.call) != 0) return false;
  const long count = ++calls;
  if (count < kFault.first || count >= kFault.first + kFault.number) return false;
  errno = kFault.error;
  return true;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

pid_t fork() noexcept {
  if (fails("fork")) return -1;
  return next<pid_t (*)()>("fork")();
}

int eventfd(unsigned int count, int flags) noexcept {
  if (fails("eventfd")) return -1;
  return next<int (*)(unsigned int, int)>("eventfd")(count, flags);
}

int memfd_create(const char* name, unsigned int flags) noexcept {
  if (fails("memfd_create")) return -1;
  return next<int (*)(const char*, unsigned int)>("memfd_create")(name, flags);
}

// Only anonymous shared mappings fail, which are memory shared between processes.
void* mmap(void* where, std::size_t bytes, int rights, int flags, int descriptor, off_t from) noexcept {
  if ((flags & MAP_SHARED) != 0 && (flags & MAP_ANONYMOUS) != 0 && fails("mmap")) return MAP_FAILED;
  return next<void* (*)(void*, std::size_t, int, int, int, off_t)>("mmap")(where, bytes, rights, flags, descriptor,
                                                                           from);
}

}  // extern "C"
