// As node-client.ts, with the HttpClient of the JDK. The first argument is the version that it prefers: with HTTP_2 it
// offers an upgrade to h2c on its first request over a connection in the clear. The second is the port of a proxy, or 0.

import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

class Client {
  public static void main(String[] arguments) throws Exception {
    var builder = HttpClient.newBuilder().version(HttpClient.Version.valueOf(arguments[0]));
    int proxy = Integer.parseInt(arguments[1]);
    if (proxy != 0) builder.proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", proxy)));
    var client = builder.build();
    for (int index = 3; index + 1 < arguments.length; index += 2) {
      var body = arguments[index].equals("GET")
          ? HttpRequest.BodyPublishers.noBody()
          : HttpRequest.BodyPublishers.ofFile(Path.of(arguments[2]));
      var request = HttpRequest.newBuilder(URI.create(arguments[index + 1]))
          .timeout(Duration.ofSeconds(20))
          .method(arguments[index], body)
          .build();
      var response = client.send(request, HttpResponse.BodyHandlers.ofString());
      System.out.println(response.statusCode() + " " + response.body().trim());
    }
  }
}
