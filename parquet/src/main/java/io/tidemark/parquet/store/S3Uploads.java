package io.tidemark.parquet.store;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** Brings files into a bucket: small ones at once, large ones in parts. */
final class S3Uploads {
  private static final long PART_BYTES = 16L << 20;
  private static final int MOST_PARTS = 10_000;

  private final S3Client client;
  private final S3Location location;

  S3Uploads(S3Client client, S3Location location) {
    this.client = client;
    this.location = location;
  }

  /** A request to put an object, encrypted as the location says. */
  PutObjectRequest.Builder put(String key) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder().bucket(location.bucket()).key(key);
    location.encryption().ifPresent(request::serverSideEncryption);
    location.kmsKey().ifPresent(request::ssekmsKeyId);
    return request;
  }

  /** Copies an object of at most 5 GB within the bucket. */
  void copy(String from, String to) {
    CopyObjectRequest.Builder request =
        CopyObjectRequest.builder()
            .sourceBucket(location.bucket())
            .sourceKey(from)
            .destinationBucket(location.bucket())
            .destinationKey(to);
    location.encryption().ifPresent(request::serverSideEncryption);
    location.kmsKey().ifPresent(request::ssekmsKeyId);
    client.copyObject(request.build());
  }

  void upload(Path file, String key) throws IOException {
    long length = Files.size(file);
    if (length <= 2 * PART_BYTES) {
      client.putObject(put(key).build(), RequestBody.fromFile(file));
      return;
    }
    CreateMultipartUploadRequest.Builder request =
        CreateMultipartUploadRequest.builder().bucket(location.bucket()).key(key);
    location.encryption().ifPresent(request::serverSideEncryption);
    location.kmsKey().ifPresent(request::ssekmsKeyId);
    String upload = client.createMultipartUpload(request.build()).uploadId();
    try {
      List<CompletedPart> parts = uploadParts(file, length, key, upload);
      client.completeMultipartUpload(
          complete ->
              complete
                  .bucket(location.bucket())
                  .key(key)
                  .uploadId(upload)
                  .multipartUpload(all -> all.parts(parts)));
    } catch (SdkException e) {
      abortAfter(e, key, upload);
      throw e;
    }
  }

  private List<CompletedPart> uploadParts(Path file, long length, String key, String upload) {
    long partBytes = Math.max(PART_BYTES, (length + MOST_PARTS - 1) / MOST_PARTS);
    List<CompletedPart> parts = new ArrayList<>();
    for (long from = 0; from < length; from += partBytes) {
      long start = from;
      long size = Math.min(partBytes, length - from);
      int number = parts.size() + 1;
      String tag =
          client
              .uploadPart(
                  part ->
                      part.bucket(location.bucket()).key(key).uploadId(upload).partNumber(number),
                  RequestBody.fromContentProvider(
                      () -> open(file, start, size), size, "application/octet-stream"))
              .eTag();
      parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
    }
    return parts;
  }

  private void abortAfter(SdkException problem, String key, String upload) {
    try {
      abort(key, upload);
    } catch (SdkException e) {
      problem.addSuppressed(e); // the next sweep takes it
    }
  }

  private void abort(String key, String upload) {
    client.abortMultipartUpload(
        request -> request.bucket(location.bucket()).key(key).uploadId(upload));
  }

  /** Ends the uploads under a prefix that were begun and not completed, where the rest is ours. */
  void abortAll(String prefix, Predicate<String> ours) {
    for (MultipartUpload upload :
        client
            .listMultipartUploadsPaginator(
                request -> request.bucket(location.bucket()).prefix(prefix))
            .uploads()) {
      if (ours.test(upload.key().substring(prefix.length()))) {
        abort(upload.key(), upload.uploadId());
      }
    }
  }

  private static InputStream open(Path file, long start, long size) {
    try {
      SeekableByteChannel channel = Files.newByteChannel(file);
      channel.position(start);
      return new BufferedInputStream(new Bounded(Channels.newInputStream(channel), size), 1 << 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first bytes of a stream. */
  private static final class Bounded extends InputStream {
    private final InputStream source;
    private long left;

    Bounded(InputStream source, long size) {
      this.source = source;
      this.left = size;
    }

    @Override
    public int read() throws IOException {
      if (left == 0) {
        return -1;
      }
      left--;
      return source.read();
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = source.read(into, offset, (int) Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }
}
