// What all requests by libcurl have in common: handles that free themselves, and the options of a connection.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "http/connection.h"

namespace leptir::http {

template <auto function>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Handle = std::unique_ptr<CURL, FreeBy<::curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, FreeBy<::curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, FreeBy<::curl_slist_free_all>>;

// Null: libcurl cannot be initialized, or there is no memory.
Handle makeHandle();
MultiHandle makeMultiHandle();

// False: out of memory.
bool append(HeaderList& list, const std::string& line);

// No redirects, certificates verified, TLS 1.2 at least, and sockets that programs started by this process do not
// inherit.
void setConnection(CURL* handle, const Connection& connection);

long statusOf(CURL* handle);

// A duration in libcurl's unit; at least 1, since 0 would mean its default.
long milliseconds(Duration duration);

}  // namespace leptir::http
