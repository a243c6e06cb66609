// Collects what a server answers to one request, for the callbacks of libcurl.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "http/http_answer.h"
#include "leptir/clock.h"

namespace leptir::http {

class ReceivedAnswer {
 public:
  // Keeps at most `maxKeptBodyBytes` bytes of the body.
  explicit ReceivedAnswer(std::size_t maxKeptBodyBytes) : maxKeptBodyBytes_(maxKeptBodyBytes) {}

  // Makes the handle report to this object, which must stay where it is until the request has ended.
  void collectFrom(CURL* handle);
  bool hasStatusLine() const { return hasStatusLine_; }
  bool hasAllHeaders() const { return hasAllHeaders_; }
  // The server sent more than is kept; the request has been ended then.
  bool isBodyTooLarge() const { return isBodyTooLarge_; }
  // What has arrived, together with what the handle knows. Call it once.
  HttpAnswer takeAnswer();

 private:
  static std::size_t onHeader(const char* bytes, std::size_t size, std::size_t count, void* to);
  static std::size_t onBody(const char* bytes, std::size_t size, std::size_t count, void* to);
  void addLine(std::string_view line);
  void addHeader(std::string_view line);

  const std::size_t maxKeptBodyBytes_;
  CURL* handle_ = nullptr;
  HttpAnswer answer_;
  std::size_t headerBytes_ = 0;
  bool hasStatusLine_ = false;
  bool hasAllHeaders_ = false;
  bool isBodyTooLarge_ = false;
};

}  // namespace leptir::http
