// For tests: a BSON document of libbson that is destroyed with its owner.
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace leptir {

class BsonDocument {
 public:
  BsonDocument() : document_(::bson_new()) {}
  // Takes over a document of libbson.
  explicit BsonDocument(bson_t* made) : document_(made) {}
  BsonDocument(BsonDocument&& other) noexcept : document_(std::exchange(other.document_, nullptr)) {}
  BsonDocument& operator=(BsonDocument&& other) noexcept {
    std::swap(document_, other.document_);
    return *this;
  }
  ~BsonDocument() { ::bson_destroy(document_); }

  // A document of extended JSON; its keys keep their order. Throws a std::runtime_error for any other text.
  static BsonDocument fromJson(std::string_view text) {
    bson_error_t error;
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    bson_t* const made = ::bson_new_from_json(bytes, static_cast<ssize_t>(text.size()), &error);
    if (made == nullptr) throw std::runtime_error("no extended JSON: " + std::string(text) + ": " + error.message);
    return BsonDocument(made);
  }

  bson_t* get() const { return document_; }
  // Relaxed extended JSON.
  std::string json() const {
    char* const text = ::bson_as_relaxed_extended_json(document_, nullptr);
    std::string copy(text);
    ::bson_free(text);
    return copy;
  }

 private:
  bson_t* document_;
};

}  // namespace leptir
