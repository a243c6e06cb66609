// Writes to a descriptor whose other end another process reads (a pipe, a terminal, a socket) without ever waiting for
// that reader.
#pragma once

#include <string_view>

#include "base/file_identity.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"

namespace leptir {

// Any thread; no lock. O_NONBLOCK is never set on the given descriptor: that flag belongs to the open file, which is
// shared with every process that inherited it (the user's shell, for one). A pipe or terminal is opened anew through
// /proc instead; where that is refused, each write is small and happens only after poll() reported room. Writes go to
// a descriptor of this object's own, so user code that closes or replaces the given one changes nothing.
class NonBlockingOutput {
 public:
  // `descriptor` stays the caller's. It must outlive this object only where it cannot be copied (no number is free).
  explicit NonBlockingOutput(int descriptor);
  // Takes over a descriptor that was opened with O_NONBLOCK.
  explicit NonBlockingOutput(UniqueFd opened);

  // How many bytes were written. -1: none, and errno says why; EAGAIN: there is no room now; EBADF: user code has
  // closed our descriptor, and its number may be a file of its own by now; EFBIG: the hard limit on the size of files
  // is reached. Raises no signal (SIGPIPE, SIGTTOU, SIGXFSZ).
  ssize_t write(std::string_view text) const noexcept;
  // False: there was no room before `longest` had passed.
  bool waitForRoom(Duration longest) const noexcept;

  // In a forked child: opens the pipe or terminal once more, under the same number, so that this process shares no
  // flags with the one that forked it.
  void openAnew() const noexcept;
  // The descriptor that is written to.
  int descriptor() const { return own_ ? own_.get() : given_; }

 private:
  enum class Kind {
    File,      // always has room
    Socket,    // is told for each write not to wait
    Pipe,      // here and below: O_NONBLOCK if it was opened anew
    Terminal,  // or another device
  };
  static Kind kindOf(int descriptor);
  static int signalOfAWriteTo(Kind kind);
  ssize_t writeNow(std::string_view text) const noexcept;
  bool isStillOurs() const noexcept;
  int given_ = -1;
  UniqueFd own_;                // the given file under another number, or opened anew
  bool isNonBlocking_ = false;  // own_ has O_NONBLOCK
  FileIdentity identity_;       // of what is written to; none for a file whose number another file may get (LineSink)
  Kind kind_ = Kind::File;
};

}  // namespace leptir
