package io.tidemark.parquet.store;

import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A prefix of an S3 bucket. An object is created by a conditional write ({@code If-None-Match: *},
 * Amazon S3 user guide, "Conditional writes"); what is uploaded in parts appears with the last act.
 */
public final class S3Store implements ObjectStore {
  private static final int DELETE_AT_ONCE = 1000;
  private static final int CONFLICT_ATTEMPTS = 5;

  private final S3Location location;
  private final Exclusion exclusion;
  private final Path staging;
  private final S3Client client;
  private final S3Uploads uploads;

  /**
   * A store of a bucket that exists.
   *
   * @param staging local folder for files on their way, used by nobody else
   */
  public S3Store(S3Location location, Exclusion exclusion, Path staging) {
    this.location = location;
    this.exclusion = exclusion;
    this.staging = staging;
    this.client = S3Clients.open(location);
    this.uploads = new S3Uploads(client, location);
  }

  @Override
  public String name() {
    return location.url();
  }

  @Override
  public boolean create(String key, byte[] content) throws StoreException {
    if (exclusion == Exclusion.USER && read(key).isPresent()) {
      return false;
    }
    PutObjectRequest.Builder request = uploads.put(full(key)).contentType("application/json");
    if (exclusion == Exclusion.STORE) {
      request.ifNoneMatch("*");
    }
    for (int attempt = 1; ; attempt++) {
      try {
        client.putObject(request.build(), RequestBody.fromBytes(content));
        return true;
      } catch (S3Exception e) {
        if (e.statusCode() == 412) {
          return false;
        } else if (e.statusCode() == 501) {
          throw new StoreException(
              Outcome.UNSUPPORTED, "Cannot create " + url(key) + ": " + reason(e) + ".", e);
        } else if (e.statusCode() != 409 || attempt == CONFLICT_ATTEMPTS) {
          throw failed("create", key, e);
        }
      } catch (SdkException e) {
        throw failed("create", key, e);
      }
    }
  }

  @Override
  public Optional<byte[]> read(String key) throws StoreException {
    try {
      return Optional.of(
          client
              .getObjectAsBytes(request -> request.bucket(location.bucket()).key(full(key)))
              .asByteArrayUnsafe());
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    } catch (SdkException e) {
      throw failed("read", key, e);
    }
  }

  @Override
  public void publish(Path file, String key) throws StoreException {
    try {
      uploads.upload(file, full(key));
      Files.delete(file);
    } catch (SdkException e) {
      throw failed("upload", key, e);
    } catch (IOException e) {
      throw new StoreException(
          Outcome.NOT_DONE, "Cannot upload " + file + ": " + e.getMessage() + ".", e);
    }
  }

  @Override
  public void copy(String from, String to) throws StoreException {
    try {
      uploads.copy(full(from), full(to));
    } catch (SdkException e) {
      throw failed("copy", to, e);
    }
  }

  @Override
  public void sync() {}

  @Override
  public List<StoredObject> list(String prefix, String after) throws StoreException {
    List<StoredObject> found = new ArrayList<>();
    try {
      for (S3Object object :
          client
              .listObjectsV2Paginator(
                  request -> {
                    request.bucket(location.bucket()).prefix(full(prefix));
                    if (!after.isEmpty()) {
                      request.startAfter(full(after));
                    }
                  })
              .contents()) {
        String key = object.key().substring(full("").length());
        if (key.compareTo(after) > 0) {
          found.add(new StoredObject(key, object.size()));
        }
      }
      return found;
    } catch (SdkException e) {
      throw failed("list", prefix, e);
    }
  }

  @Override
  public void delete(Collection<String> keys) throws StoreException {
    List<ObjectIdentifier> objects =
        keys.stream().map(key -> ObjectIdentifier.builder().key(full(key)).build()).toList();
    for (int from = 0; from < objects.size(); from += DELETE_AT_ONCE) {
      List<ObjectIdentifier> some =
          objects.subList(from, Math.min(objects.size(), from + DELETE_AT_ONCE));
      try {
        List<S3Error> errors =
            client
                .deleteObjects(
                    request ->
                        request
                            .bucket(location.bucket())
                            .delete(Delete.builder().objects(some).quiet(true).build()))
                .errors();
        if (!errors.isEmpty()) {
          S3Error first = errors.get(0);
          throw new StoreException(
              Outcome.NOT_DONE,
              "Cannot delete " + first.key() + ": " + first.code() + " " + first.message() + ".",
              null);
        }
      } catch (SdkException e) {
        throw failed("delete", some.get(0).key(), e);
      }
    }
  }

  @Override
  public Path staging() throws StoreException {
    return StagingFolder.make(staging);
  }

  @Override
  public void sweep(long epoch, Predicate<String> ours) throws StoreException {
    StagingFolder.clear(staging(), epoch);
    try {
      uploads.abortAll(full(""), ours);
    } catch (SdkException e) {
      throw failed("clean", "", e);
    }
  }

  @Override
  public Optional<Path> local(String key) {
    return Optional.empty();
  }

  @Override
  public boolean fetch(String key, Path target) throws StoreException {
    try (ResponseInputStream<GetObjectResponse> content =
        client.getObject(request -> request.bucket(location.bucket()).key(full(key)))) {
      Files.copy(content, target);
      return true;
    } catch (NoSuchKeyException e) {
      return false;
    } catch (SdkException e) {
      throw failed("fetch", key, e);
    } catch (IOException e) {
      throw new StoreException(
          Outcome.NOT_DONE, "Cannot fetch " + url(key) + ": " + e.getMessage() + ".", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }

  private String full(String key) {
    return location.prefix().isEmpty() ? key : location.prefix() + "/" + key;
  }

  private String url(String key) {
    return location.url() + "/" + key;
  }

  /**
   * What a request that was refused did not do; one that got no clear answer may have been done.
   */
  private StoreException failed(String verb, String key, SdkException e) {
    Outcome outcome = Outcome.UNKNOWN;
    if (e instanceof S3Exception s3 && s3.statusCode() >= 400 && s3.statusCode() < 500) {
      outcome =
          s3.statusCode() == 401 || s3.statusCode() == 403 || s3.statusCode() == 404
              ? Outcome.REFUSED
              : Outcome.NOT_DONE;
    }
    return new StoreException(
        outcome, "Cannot " + verb + " " + url(key) + ": " + reason(e) + ".", e);
  }

  private static String reason(SdkException e) {
    if (e instanceof S3Exception s3 && s3.awsErrorDetails() != null) {
      return "status "
          + s3.statusCode()
          + " "
          + s3.awsErrorDetails().errorCode()
          + " "
          + s3.awsErrorDetails().errorMessage();
    }
    return String.valueOf(e.getMessage());
  }
}
