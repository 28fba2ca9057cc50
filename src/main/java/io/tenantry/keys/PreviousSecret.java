package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** A secret that a rotation has replaced and that works until the end of its grace. */
@Entity
@Table(name = "previous_key_secret")
public class PreviousSecret extends PanacheEntityBase {

    @Id
    @Column(name = "secret_hash")
    public String secretHash;

    @Column(name = "key_id")
    public UUID keyId;

    @Column(name = "valid_until")
    public Instant validUntil;

    @Column(name = "created_at", updatable = false)
    public Instant createdAt;
}
