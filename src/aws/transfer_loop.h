// TransferLoop: libcurl's transfers, several at a time. It works on those alone whose socket or timer has something to
// do, where curl_multi_perform() would ask the system about each transfer in flight at every call.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <optional>

#include "base/unique_fd.h"
#include "http/curl_handle.h"
#include "leptir/clock.h"
#include "leptir/spi/wake.h"

namespace leptir::aws {

// One thread uses it. It must stay where it is.
class TransferLoop {
 public:
  // Keeps so many connections for later transfers.
  explicit TransferLoop(std::size_t connections);
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  // Begins a transfer, which work() and wait() carry on. False: out of memory or descriptors. `handle` must be removed
  // before it is freed.
  bool add(CURL* handle);
  void remove(CURL* handle);

  // Makes the progress that is possible without waiting.
  void work();
  // Waits until work() has something to do, or `until`. Returns whether `wake` is rung (null: no wake).
  bool wait(BootTime until, Wake* wake);

  struct Ended {
    CURL* handle = nullptr;
    CURLcode code = CURLE_OK;
  };
  // A transfer that has ended, each once.
  std::optional<Ended> nextEnded();

 private:
  static int onSocket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int onTimer(CURLM*, long milliseconds, void* self);
  bool workOnTimer();
  bool workOnSockets();

  const base::UniqueFd epoll_;     // an epoll descriptor: readable while a socket has something to do
  std::optional<BootTime> timer_;  // when libcurl wants to be called
  const http::MultiHandle multi_;  // last: its end calls onSocket and onTimer
};

}  // namespace leptir::aws
