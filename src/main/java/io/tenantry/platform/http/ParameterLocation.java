package io.tenantry.platform.http;

import jakarta.validation.Path.MethodNode;
import jakarta.validation.Path.ParameterNode;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.lang.annotation.Annotation;
import java.util.List;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;

/** Where in the request a parameter of a resource method comes from, and what the caller calls it. */
final class ParameterLocation {

    private ParameterLocation() {}

    /** The body's is {@code body} alone: its parameter has no name on the wire. */
    static List<String> of(Class<?> resource, MethodNode method, ParameterNode parameter) {
        var annotations = annotations(resource, method, parameter.getParameterIndex());
        for (var annotation : annotations) {
            var found = named(annotation, parameter.getName());
            if (found != null) {
                return found;
            }
        }
        return List.of(FieldErrors.BODY);
    }

    /** Null for an annotation that says nothing about the place. */
    static List<String> named(Annotation annotation, String parameter) {
        if (annotation instanceof QueryParam query) {
            return at(FieldErrors.QUERY, query.value(), parameter);
        }
        if (annotation instanceof RestQuery query) {
            return at(FieldErrors.QUERY, query.value(), parameter);
        }
        if (annotation instanceof PathParam path) {
            return at(FieldErrors.PATH, path.value(), parameter);
        }
        if (annotation instanceof RestPath path) {
            return at(FieldErrors.PATH, path.value(), parameter);
        }
        if (annotation instanceof HeaderParam header) {
            return at(FieldErrors.HEADER, header.value(), parameter);
        }
        if (annotation instanceof RestHeader header) {
            return at(FieldErrors.HEADER, header.value(), parameter);
        }
        return annotation instanceof BeanParam ? List.of(FieldErrors.QUERY) : null;
    }

    private static List<String> at(String place, String name, String parameter) {
        return List.of(place, name.isEmpty() ? FieldErrors.snakeCase(parameter) : name);
    }

    /** The class that runs may be a generated subclass, which repeats the method without its annotations. */
    private static Annotation[] annotations(Class<?> resource, MethodNode method, int index) {
        var types = method.getParameterTypes().toArray(Class<?>[]::new);
        for (Class<?> type = resource; type != null; type = type.getSuperclass()) {
            try {
                var annotations =
                        type.getDeclaredMethod(method.getName(), types).getParameterAnnotations()[index];
                if (annotations.length > 0) {
                    return annotations;
                }
            } catch (NoSuchMethodException inherited) {
                // then a superclass has it
            }
        }
        return new Annotation[0];
    }
}
