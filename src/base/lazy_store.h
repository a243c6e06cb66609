// A store that is opened by the first thread that needs it, and opened again after a failure. Broker and MetaStorage
// hold their stores in it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "leptir/result.h"
#include "leptir/store_access.h"

namespace leptir::base {

// Any thread. One thread at a time opens or uses the store.
template <class Store>
class LazyStore {
 public:
  using Open = std::function<Result<std::unique_ptr<Store>>()>;

  // `what` names the store in errors: "broker local".
  LazyStore(std::string what, Open open) : what_(std::move(what)), open_(std::move(open)) {}

  // Opens the store unless it is open and usable. NotFound: the store does not exist, and opening must not create it.
  // Every other error of opening becomes Unavailable: the caller did nothing wrong and may try again, perhaps after an
  // operator has repaired something.
  Result<StoreAccess<Store>> access() {
    std::unique_lock lock(mutex_);
    if (!isOpenAndUsable()) {
      store_.reset();
      auto opened = open_();
      if (!opened) return errorOfOpening(opened.error());
      store_ = std::move(*opened);
    }
    return StoreAccess<Store>(std::move(lock), *store_);
  }

  // Closes the store after an error, so that the next access opens it again.
  void close(StoreAccess<Store>) { store_.reset(); }

 private:
  bool isOpenAndUsable() const {
    if (!store_) return false;
    if constexpr (requires { store_->isUsable(); }) {
      return store_->isUsable();
    } else {
      return true;
    }
  }
  Error errorOfOpening(const Error& error) const {
    const bool isMissing = error.code() == ErrorCode::NotFound;
    return Error(isMissing ? ErrorCode::NotFound : ErrorCode::Unavailable, what_ + ": " + error.message());
  }

  const std::string what_;
  std::mutex mutex_;  // guards the members below
  Open open_;
  std::unique_ptr<Store> store_;  // null: not open
};

}  // namespace leptir::base
