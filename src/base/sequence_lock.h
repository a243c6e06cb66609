// A sequence lock for values in shared memory that one process writes while others read: the writer never waits, and a
// reader that overlapped a write reads again. The values themselves are relaxed atomics (RelaxedValue, RelaxedText),
// because a plain read that races with a write is undefined behaviour even if its result is discarded.
// Zeroed memory is a valid empty state of all three classes, whichever process maps it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "base/utf8.h"

namespace leptir::base {

class SequenceLock {
 public:
  // Marks the values as being written for its lifetime, so that readers retry. One writer at a time.
  class WriteGuard {
   public:
    // The version becomes odd even if an earlier writer was killed during a write and left it odd.
    explicit WriteGuard(SequenceLock& lock)
        : version_(lock.version_), oddVersion_((version_.load(std::memory_order_relaxed) + 1) | 1) {
      version_.exchange(oddVersion_, std::memory_order_acq_rel);
    }
    ~WriteGuard() { version_.store(oddVersion_ + 1, std::memory_order_release); }
    WriteGuard(const WriteGuard&) = delete;
    WriteGuard& operator=(const WriteGuard&) = delete;

   private:
    std::atomic<std::uint32_t>& version_;
    const std::uint32_t oddVersion_;
  };

  // Calls `read` until no write overlaps the call. False: every try overlapped a write, because a writer was killed
  // during a write or writes all the time; then the values of the last call may be mixed.
  template <class Read>
  bool read(Read&& read) const {
    for (int tries = 0; tries < kMaxTries; ++tries) {
      const auto before = version_.load(std::memory_order_acquire);
      read();
      std::atomic_thread_fence(std::memory_order_acquire);
      if (before % 2 == 0 && before == version_.load(std::memory_order_relaxed)) return true;
      std::this_thread::yield();
    }
    return false;
  }

 private:
  static constexpr int kMaxTries = 100;

  std::atomic<std::uint32_t> version_{0};  // odd while a write is in progress
};

template <class T>
class RelaxedValue {
  static_assert(std::is_trivially_copyable_v<T> && std::atomic<T>::is_always_lock_free);

 public:
  RelaxedValue() = default;
  T load() const { return value_.load(std::memory_order_relaxed); }
  RelaxedValue& operator=(T value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

 private:
  std::atomic<T> value_{};
};

// Up to Bytes - 1 bytes of text; longer text is cut between two characters.
template <std::size_t Bytes>
class RelaxedText {
 public:
  std::string load() const {
    std::array<std::uint64_t, kWords> words;
    for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    const auto* text = reinterpret_cast<const char*>(words.data());
    return {text, ::strnlen(text, Bytes - 1)};
  }

  RelaxedText& operator=(std::string_view text) {
    const auto kept = cut(text);
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), kept.data(), kept.size());
    for (std::size_t i = 0; i <= kept.size() / sizeof words[0]; ++i) {
      words_[i].store(words[i], std::memory_order_relaxed);
    }
    return *this;
  }

  // The part of `text` that load() returns after `text` was assigned.
  static std::string_view cut(std::string_view text) { return utf8Prefix(text, Bytes - 1); }

 private:
  static constexpr std::size_t kWords = (Bytes + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);

  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace leptir::base
