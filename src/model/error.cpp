#include "model/error.hpp"

#include <new>

namespace plimsoll {

Reaction reaction_to(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::transient:
    case ErrorKind::deadline:
    case ErrorKind::internal: return Reaction::retry;
    case ErrorKind::cancelled: return Reaction::drop;
    case ErrorKind::missing: return Reaction::wait;
    case ErrorKind::rejected:
    case ErrorKind::conflict: return Reaction::stall;
    case ErrorKind::unauthorized: return Reaction::retry_slow;
  }
  return Reaction::retry;
}

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::transient: return "transient";
    case ErrorKind::deadline: return "deadline";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::missing: return "missing";
    case ErrorKind::rejected: return "rejected";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::unauthorized: return "unauthorized";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

Error thrown_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return {ErrorKind::internal, "out of memory"};  // short enough to need none
  } catch (const std::exception& error) {
    return {ErrorKind::internal,
            std::string("internal error: ") + error.what() + "; this is a bug in Plimsoll, report it"};
  } catch (...) {
    return {ErrorKind::internal, "internal error; this is a bug in Plimsoll, report it"};
  }
}

Error with_context(Error error, std::string_view context) {
  error.message.insert(0, std::string(context) + ": ");
  return error;
}

}  // namespace plimsoll
