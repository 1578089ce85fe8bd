#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "controller/raw_client.hpp"
#include "controller/running_server.hpp"

namespace plimsoll::controller {

/// Answers with the size of the body; `/hold` keeps its answer back until `release`.
class EchoHandler final : public HttpHandler {
 public:
  std::optional<Response> screen(const Request& head) override {
    ++screened;
    if (head.path == "/refused") return error_response(401, "no", "unauthorized");
    return std::nullopt;
  }
  void handle(Request request, Respond respond) override {
    ++handled;
    if (request.path == "/hold") {
      held = std::move(respond);
      return;
    }
    std::string text = request.path + " " + std::to_string(request.body.size());
    if (request.unix_socket) text += " unix";
    for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
    respond({.status = 200, .content_type = "text/plain", .body = text + "\n"});
  }
  void cut_off(const Request&, int status) override { last_cut_off = status; }

  std::atomic<int> screened{0}, handled{0}, last_cut_off{0};
  Respond held;
};

/// A request with `size` as its length, whatever `body` is.
[[nodiscard]] inline std::string post(const std::string& path, std::size_t size, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         body;
}

/// Everything that the server says to `bytes` until it closes.
[[nodiscard]] inline std::string answer_to(const RunningServer& server, const std::string& bytes) {
  const auto client = RawClient::tcp(server.port());
  client.send(bytes);
  return client.read_to_end();
}

[[nodiscard]] inline std::size_t answers_in(const std::string& text) {
  std::size_t count = 0;
  for (auto at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1)) ++count;
  return count;
}

}  // namespace plimsoll::controller
