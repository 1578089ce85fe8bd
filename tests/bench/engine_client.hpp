#pragma once

#include <string>

namespace plimsoll::bench {

/// The Engine API over one kept-alive unix connection: what the floor measures with. Not thread-safe.
class EngineClient {
 public:
  explicit EngineClient(const std::string& socket_path);
  ~EngineClient();
  EngineClient(const EngineClient&) = delete;
  EngineClient& operator=(const EngineClient&) = delete;

  /// One request; returns the body. Ends the program with a message when the call fails or the status is not 2xx or
  /// 304: a floor with errors in it is no floor.
  std::string call(const std::string& method, const std::string& path, const std::string& body = "");

 private:
  void* curl_;
  std::string socket_path_;
};

}  // namespace plimsoll::bench
