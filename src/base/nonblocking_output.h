// Writes to a pipe, terminal or socket that another process reads, and never waits for that reader.
#pragma once

#include <string_view>

#include "base/file_identity.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"

namespace leptir::base {

// Any thread; takes no lock. O_NONBLOCK is never set on the given descriptor, because that flag belongs to the open
// file, which is shared with every process that inherited it (for example the user's shell). A pipe or terminal is
// opened a second time through /proc instead. Where that is refused, each write is small and happens only after poll()
// has reported that the descriptor is writable. Writes go to a separate descriptor that this object owns, so user code
// that closes or replaces the given descriptor does not affect them.
class NonBlockingOutput {
 public:
  // `descriptor` still belongs to the caller. It must outlive this object only where it could not be duplicated because
  // no descriptor number was free.
  explicit NonBlockingOutput(int descriptor);
  // Takes ownership of a descriptor that was opened with O_NONBLOCK.
  explicit NonBlockingOutput(UniqueFd opened);

  // The number of bytes written, or -1 with errno. EAGAIN: the write would have to wait for the reader. EBADF: user
  // code has closed the descriptor of this object, and its number may belong to another file now. EFBIG: the hard limit
  // on file sizes is reached. Raises no signal (SIGPIPE, SIGTTOU, SIGXFSZ).
  ssize_t write(std::string_view text) const noexcept;
  // False: the descriptor did not become writable within `longest`.
  bool waitUntilWritable(Duration longest) const noexcept;

  // Call it in a forked child: opens the pipe or terminal again under the same descriptor number, so that the child
  // does not share the flags of the open file with its parent.
  void unshareOpenFile() const noexcept;
  // The descriptor that write() uses.
  int descriptor() const { return own_ ? own_.get() : given_; }

 private:
  enum class Kind {
    File,      // a write never waits for a reader
    Socket,    // each send has MSG_DONTWAIT
    Pipe,      // here and below: O_NONBLOCK if it was opened again
    Terminal,  // or another device
  };
  static Kind kindOf(int descriptor);
  static int signalRaisedByWrite(Kind kind);
  ssize_t writeNow(std::string_view text) const noexcept;
  bool isDescriptorOfOurFile() const noexcept;
  int given_ = -1;
  UniqueFd own_;                // a duplicate of given_, or the same file opened again
  bool isNonBlocking_ = false;  // own_ has O_NONBLOCK
  FileIdentity identity_;       // of the file written to; empty when the caller checks the file itself (LineSink)
  Kind kind_ = Kind::File;
};

}  // namespace leptir::base
