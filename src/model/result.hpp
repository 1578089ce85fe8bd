#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "model/error.hpp"

namespace plimsoll {

/// A value or an `Error`. Used for every call that can fail; exceptions end at the adapter that met them.
///
/// Reading the value of a failed result (or the error of a good one) is a bug and asserts in Debug builds;
/// test with `operator bool` first. Not thread-safe beyond what `T` is.
template <class T>
class [[nodiscard]] Result {
 public:
  /// A good result.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  /// A failed result.
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  /// True when there is a value.
  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & { return *get(); }
  [[nodiscard]] const T& value() const& { return *get(); }
  [[nodiscard]] T&& value() && { return std::move(*get()); }
  [[nodiscard]] T& operator*() & { return *get(); }
  [[nodiscard]] const T& operator*() const& { return *get(); }
  [[nodiscard]] T&& operator*() && { return std::move(*get()); }
  [[nodiscard]] T* operator->() { return get(); }
  [[nodiscard]] const T* operator->() const { return get(); }

  [[nodiscard]] const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  [[nodiscard]] T* get() {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  [[nodiscard]] const T* get() const {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`. `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] const Error& error() const& {
    assert(!ok());
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    assert(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

/// What `work` returns, which is a `Result`; what it throws comes as an error of kind `internal`. For work that a
/// thread does for somebody who waits for its outcome.
template <class Work>
auto attempt(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    return thrown_error(std::current_exception());
  }
}

}  // namespace plimsoll
