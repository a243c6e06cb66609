// An HTTP/1.1 server in one thread, by libmicrohttpd: GET and HEAD of pages that are made in memory. A client that
// sends or reads slowly holds up no other client. While pages that clients have not taken yet fill
// Limits::pageBytesInFlight, further pages above 4 KiB are answered with 503.
#pragma once

#include <memory>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "web/open_connections.h"
#include "web/routes.h"

namespace leptir::web {

// For use by one thread, which is the one that calls the handlers of the routes.
class Server {
 public:
  // `listening` is a socket of listenAt(). `clock` outlives the server. Unavailable: memory or descriptors ran out.
  static Result<std::unique_ptr<Server>> start(base::UniqueFd listening, Routes routes, const Limits& limits,
                                               const Clock& clock);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves requests; returns after `longest` at the latest, usually earlier: call it again and again. Internal: the
  // server cannot go on.
  Result<void> serveFor(Duration longest);

  // How many connections are open.
  std::size_t connections() const;
  // The memory of all pages that clients have not taken yet.
  std::size_t pageBytesInFlight() const;

 private:
  class Daemon;
  explicit Server(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace leptir::web
